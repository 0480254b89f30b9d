// One process of one group: measures, tells its parent, ends.
import 'reflect-metadata';

import { Logger } from '@nestjs/common';

import { GROUPS } from './groups/index.mjs';
import { shutDown } from './peers.mjs';

// nestjs-resilience logs every command.
Logger.overrideLogger(false);
process.send(await GROUPS[process.argv[2]].measure());
shutDown();
process.disconnect();
