import { closed, doors, instantly } from './closed.mjs';
import { configured } from './configured.mjs';
import { denied } from './denied.mjs';
import { failing } from './failing.mjs';
import { express, fastify } from './http.mjs';
import { idle } from './idle.mjs';
import { keyed } from './keyed.mjs';
import { listeners } from './listeners.mjs';
import { countWindows, timeWindows, tripperTree } from './rules.mjs';
import { tracking } from './tracking.mjs';

/** What is measured, `measure`, and what must hold of it, `checks`. */
export const GROUPS = {
  idle,
  closed,
  configured,
  instant: instantly,
  doors,
  failing,
  tracking,
  denied,
  counts: countWindows,
  times: timeWindows,
  rules: tripperTree,
  listeners,
  keyed,
  express,
  fastify,
};
