import * as eventEmitter from '@nestjs/event-emitter';
import * as terminus from '@nestjs/terminus';
import * as openTelemetry from '@opentelemetry/api';
import { describe, expect, it, jest } from '@jest/globals';
import { FluxgateConfigError } from 'nestjs-fluxgate';
import * as promClient from 'prom-client';

import { loadEventEmitter } from '../../../lib/event-emitter/peer.js';
import { loadOpenTelemetry } from '../../../lib/opentelemetry/peer.js';
import { loadPromClient } from '../../../lib/prometheus/peer.js';
import { loadTerminus } from '../../../lib/terminus/peer.js';
import { rejection } from '../../support/async.js';

type Load = (load?: () => Promise<never>) => Promise<object>;

const PEERS: [adapter: string, name: string, load: Load, key: string, given: unknown][] = [
  ['event-emitter', '@nestjs/event-emitter', loadEventEmitter, 'EventEmitter2', eventEmitter.EventEmitter2],
  ['opentelemetry', '@opentelemetry/api', loadOpenTelemetry, 'trace', openTelemetry.trace],
  ['prometheus', 'prom-client', loadPromClient, 'register', promClient.register],
  ['terminus', '@nestjs/terminus', loadTerminus, 'HealthIndicatorService', terminus.HealthIndicatorService],
];

describe.each(PEERS)('the optional package of %s, %s,', (adapter, name, load, key, given) => {
  const failing = (error: unknown): Promise<object> =>
    load(jest.fn<() => Promise<never>>().mockRejectedValue(error as never));

  it.each([
    [
      'ERR_MODULE_NOT_FOUND',
      `Cannot find package '${name}' imported from /app/node_modules/nestjs-fluxgate/x.js`,
    ],
    ['MODULE_NOT_FOUND', `Cannot find module '${name}'\nRequire stack:\n- /app/main.js`],
  ])('that is not installed (%s) is named, with the command that installs it', async (code, message) => {
    const cause = Object.assign(new Error(message), { code });
    const error = await rejection(failing(cause));
    expect(error).toBeInstanceOf(FluxgateConfigError);
    expect(error).toMatchObject({
      message: `nestjs-fluxgate/${adapter}: it needs the package ${name}, which is not installed. Run: npm install ${name}`,
      cause,
    });
  });

  it.each([
    Object.assign(new Error(`Cannot find module 'tdigest'\nRequire stack:\n- /app/${name}/index.js`), {
      code: 'MODULE_NOT_FOUND',
    }),
    new SyntaxError(`'${name}' is broken`),
    undefined,
  ])('that is installed and fails (%s) fails as it does', async (error) => {
    expect(await rejection(failing(error))).toBe(error);
  });

  it('that is installed is given as it is', async () => {
    expect(await load()).toHaveProperty(key, given);
  });
});
