import { describe, expect, it, jest } from '@jest/globals';
import { FluxgateConfigError } from 'nestjs-fluxgate';

import { loadEventEmitter } from '../../lib/event-emitter/peer.js';
import { rejection } from '../support/async.js';

const failing = (error: unknown) =>
  loadEventEmitter(jest.fn<() => never>().mockRejectedValue(error as never));

describe('@nestjs/event-emitter', () => {
  it.each([
    [
      'ERR_MODULE_NOT_FOUND',
      "Cannot find package '@nestjs/event-emitter' imported from /app/node_modules/nestjs-fluxgate/x.js",
    ],
    ['MODULE_NOT_FOUND', "Cannot find module '@nestjs/event-emitter'\nRequire stack:\n- /app/main.js"],
  ])('that is not installed (%s) is named, with the command that installs it', async (code, message) => {
    const cause = Object.assign(new Error(message), { code });
    const error = await rejection(failing(cause));
    expect(error).toBeInstanceOf(FluxgateConfigError);
    expect(error).toMatchObject({
      message:
        'nestjs-fluxgate/event-emitter: it needs the package @nestjs/event-emitter, which is not installed. Run: npm install @nestjs/event-emitter',
      cause,
    });
  });

  it.each([
    Object.assign(
      new Error("Cannot find module 'tdigest'\nRequire stack:\n- /app/@nestjs/event-emitter/index.js"),
      {
        code: 'MODULE_NOT_FOUND',
      },
    ),
    new SyntaxError("'@nestjs/event-emitter' is broken"),
    undefined,
  ])('that is installed and fails (%s) fails as it does', async (error) => {
    expect(await rejection(failing(error))).toBe(error);
  });

  it('that is installed is given as it is', async () => {
    const { EventEmitter2 } = await import('@nestjs/event-emitter');
    expect((await loadEventEmitter()).EventEmitter2).toBe(EventEmitter2);
  });
});
