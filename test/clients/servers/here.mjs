/** No server: the set-up's answers bring one of their own, in the same process. */
export const start = async () => ({ host: '127.0.0.1', stop: async () => {} });
