const revoked = (target: object): unknown => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};

const refusing = new Proxy(
  {},
  {
    get() {
      throw new Error('no get');
    },
    getPrototypeOf() {
      throw new Error('no getPrototypeOf');
    },
    getOwnPropertyDescriptor() {
      throw new Error('no getOwnPropertyDescriptor');
    },
  },
);

const THROWING = Object.fromEntries(
  ['code', 'name', 'cause', 'errors', 'status', 'statusCode', 'response', 'getStatus', 'constructor'].map(
    (key) => [
      key,
      {
        get() {
          throw new Error(`no ${key}`);
        },
      },
    ],
  ),
);

/** Things that can be thrown and cannot, or hardly, be read. Each by a name for the test's title. */
export const HOSTILE: [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['a string', 'ECONNRESET'],
  ['a number', 503],
  ['a symbol', Symbol('ECONNRESET')],
  ['a function', () => 503],
  ['an object without prototype', Object.create(null)],
  ['an object whose accessors throw', Object.defineProperties({}, THROWING)],
  ['a revoked proxy', revoked({})],
  ['a revoked proxy of an array', revoked([])],
  ['a revoked proxy of a function', revoked(() => 1)],
  ['a proxy that refuses', refusing],
  [
    'an object full of revoked proxies',
    { cause: revoked({}), errors: revoked([]), response: revoked({}), code: revoked({}) },
  ],
];
