/** Of pg: how long connecting and a query may take. */
export const limits = (timeoutMs) =>
  timeoutMs === undefined ? {} : { connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs };
