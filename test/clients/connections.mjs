import { Socket } from 'node:net';

/** How often this process has tried to connect, by 'host:port'; also where nobody listens to count it. */
const attempts = new Map();
const connect = Socket.prototype.connect;

Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  const key = typeof options === 'object' ? keyOf(options) : keyOf({ port: args[0], host: args[1] });
  attempts.set(key, (attempts.get(key) ?? 0) + 1);
  return connect.apply(this, args);
};

/** A name that cannot be resolved counts whatever the port. */
const keyOf = ({ host, port }) => (String(host).endsWith('.invalid') ? 'unresolvable' : String(port));

export const countOf = (target) => attempts.get(keyOf(target)) ?? 0;
