import * as undici7 from 'undici7';

/** Undefined on a Node that is too old for it. */
const undici8 = await import('undici').catch(() => undefined);

const shared = { family: 'HTTP', faults: 'http', ownTimeout: true, takesSignal: true, off: '' };

const setup = (name, folder, undici) => ({
  ...shared,
  needs: undici === undefined ? 'a newer Node' : undefined,
  name,
  package: folder,
  call: async ({ url, signal, timeoutMs, keep }) => {
    const dispatcher = new undici.Agent();
    keep(() => dispatcher.destroy());
    const answer = await undici.request(url, {
      dispatcher,
      signal,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    await answer.body.text();
    return answer;
  },
});

const pool = {
  ...shared,
  name: 'undici 7, Pool',
  package: 'undici7',
  call: async ({ url, signal, timeoutMs, keep }) => {
    const own = new undici7.Pool(url, { headersTimeout: timeoutMs });
    keep(() => own.destroy());
    const answer = await own.request({ path: '/', method: 'GET', signal });
    await answer.body.text();
    return answer;
  },
};

export const setups = [
  setup('undici 8, request', 'undici', undici8),
  setup('undici 7, request', 'undici7', undici7),
  pool,
];
