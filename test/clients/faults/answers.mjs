import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { certificate } from './certificate.mjs';
import { listen } from './sockets.mjs';

const json = (code, message) => JSON.stringify({ code, message, error: { code, message } });
const JSON_TYPE = { 'content-type': 'application/json' };

const ANSWERS = {
  s503: [503, { ...JSON_TYPE, 'retry-after': '7' }, json('unavailable', 'The service is unavailable.')],
  s429: [429, { ...JSON_TYPE, 'retry-after': '7' }, json('too_many_requests', 'Too many requests.')],
  s500: [500, { 'content-type': 'text/html' }, '<html><body><h1>Internal Server Error</h1></body></html>'],
  s404: [404, JSON_TYPE, json('not_found', 'There is no such thing.')],
  plainTls: [200, JSON_TYPE, '{}'],
  selfSigned: [200, JSON_TYPE, '{}'],
};

/** Reads the whole request, then answers. Every request is a try. */
async function answering(name, secure = false) {
  const requests = { tries: 0 };
  const answer = (request, response) => {
    requests.tries += 1;
    request.on('error', () => {});
    response.on('error', () => {});
    request.resume().on('end', () => {
      const [status, headers, body] = ANSWERS[name];
      response.writeHead(status, headers).end(body);
    });
  };
  const server = secure ? createSecureServer(await certificate(), answer) : createServer(answer);
  const target = await listen(server);
  const seen = {
    get tries() {
      return Math.max(requests.tries, target.seen.tries > 0 && requests.tries === 0 ? target.seen.tries : 0);
    },
  };
  return { ...target, seen };
}

/** Answers 200 and hangs up in the middle of the body. */
function cutting(headers, part) {
  const requests = { tries: 0 };
  const server = createServer((request, response) => {
    requests.tries += 1;
    request.on('error', () => {});
    response.on('error', () => {});
    request.resume().on('end', () => {
      response.writeHead(200, { ...JSON_TYPE, ...headers });
      response.write(part);
      setTimeout(() => response.socket?.end(), 20);
    });
  });
  return listen(server).then((target) => ({ ...target, seen: requests }));
}

export const s503 = () => answering('s503');
export const s429 = () => answering('s429');
export const s500 = () => answering('s500');
export const s404 = () => answering('s404');
export const cutBody = () => cutting({ 'content-length': '1000' }, '{"data":[1,2,3');
export const cutChunks = () => cutting({ 'transfer-encoding': 'chunked' }, '{"data":[1,2,3');

/** https asked of a server that speaks plain http. */
export async function plainTls() {
  const target = await answering('plainTls');
  return { ...target, secure: true, url: target.url.replace('http:', 'https:') };
}

/** https with a certificate that nobody vouches for. */
export async function selfSigned() {
  const target = await answering('selfSigned', true);
  return { ...target, secure: true, url: target.url.replace('http:', 'https:') };
}
