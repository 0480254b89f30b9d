import { hostname } from 'node:os';
import { LIMITS } from './limits.mjs';

/** What differs between two runs of the same call, and what stands for it. */
const CHANGING = [
  [/(?:file:\/\/)?\/[\w.@+-]+(?:\/[\w.@+-]+)*\/node_modules\//g, '<modules>/'],
  [/(?:file:\/\/)?\/(?:work|home|root|tmp|usr|var|opt)\/[^\s'"`),;:]*/g, '<path>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| ?[+-]\d\d:?\d\d| UTC)?/g, '<date>'],
  [/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\b/g, '<date>'],
  [/\b\d{8}T\d{6}Z\b/g, '<date>'],
  [/((?:127\.0\.0\.1|localhost|\[::1\]|::1|no-such-host\.invalid)[:,] ?)\d{2,5}\b/g, '$1<port>'],
  [/\b(port[:= ]{1,2}"?)\d{2,5}\b/gi, '$1<port>'],
  [/\b[0-9a-f]{16,}\b/gi, '<hex>'],
  [/\b1[6-9]\d{8,11}\b/g, '<time>'],
  [/\b\d+\.\d{3,}\b/g, '<number>'],
  [/\b(pid|process)([:= ]+)\d+/gi, '$1$2<pid>'],
  [/\b(\d+) ?ms (ago|later|elapsed)\b/g, '<ms> $2'],
  [/\b(after|for|in) \d+ ?ms\b/g, '$1 <ms>'],
  [/\bconn:\d+/g, 'conn:<n>'],
];

/** Numbers of these properties are of the run, not of the failure. */
const CHANGING_KEYS = /(?:port|pid|time|date|elapsed|duration|_?at|start|end|seq|counter|id|bytes\w+)$/i;

/** A text without ports, ids, dates and paths, at most 500 long. */
export function steadyText(text) {
  let steady = text.length > LIMITS.text ? text.slice(0, LIMITS.text) : text;
  for (const [pattern, replacement] of CHANGING) steady = steady.replace(pattern, replacement);
  return steady.split(hostname()).join('<host>');
}

/** A number that is of this run only becomes 1. */
export function steadyNumber(key, value) {
  if (value > 1e9) return 1;
  if (!Number.isInteger(value) && Number.isFinite(value)) return Math.round(value);
  return CHANGING_KEYS.test(key) && value >= 1000 ? 1 : value;
}
