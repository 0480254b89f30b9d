// The ill servers, by the name of the cell. Each call, with the set-up, makes a fresh one:
// { host, port, url, secure, seen, close }.
import * as answers from './answers.mjs';
import * as sockets from './sockets.mjs';
import * as tls from './tls.mjs';

export const FAULTS = {
  refused: sockets.refused,
  reset: sockets.reset,
  closed: sockets.closed,
  mute: sockets.mute,
  ownTimeout: sockets.mute,
  unresolvable: sockets.unresolvable,
  cutBody: answers.cutBody,
  cutChunks: answers.cutChunks,
  plainTls: ({ tls: protocol }) => (protocol === undefined ? answers.plainTls() : tls.plain(protocol)),
  selfSigned: ({ tls: protocol }) =>
    protocol === undefined ? answers.selfSigned() : tls.selfSigned(protocol),
  s503: answers.s503,
  s429: answers.s429,
  s500: answers.s500,
  s404: answers.s404,
  deadline: sockets.mute,
  caller: sockets.mute,
};

/** Asked only of set-ups that can: `ownTimeout: true`, `takesSignal: true`. */
const ONLY_IF = { ownTimeout: 'ownTimeout', deadline: 'takesSignal', caller: 'takesSignal' };
const TCP = ['refused', 'reset', 'closed', 'mute', 'unresolvable', ...Object.keys(ONLY_IF)];

/** The cells of one set-up, in the order of the table. */
export function cellsOf(setup) {
  const named = Array.isArray(setup.faults)
    ? [...setup.faults, ...Object.keys(ONLY_IF)]
    : setup.faults === 'tcp'
      ? TCP
      : Object.keys(FAULTS);
  const asked = [...named, ...tlsCells(setup)];
  return Object.keys(FAULTS).filter((cell) => asked.includes(cell) && can(setup, cell));
}

/** Of a set-up that says which protocol comes before TLS. */
function tlsCells({ tls: protocol }) {
  if (protocol === undefined) return [];
  return tls.canBePlain(protocol) ? ['plainTls', 'selfSigned'] : ['selfSigned'];
}

const can = (setup, cell) => !(cell in ONLY_IF) || setup[ONLY_IF[cell]] === true;
