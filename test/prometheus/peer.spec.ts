import { describe, expect, it, jest } from '@jest/globals';
import { FluxgateConfigError } from 'nestjs-fluxgate';

import { loadPromClient } from '../../lib/prometheus/peer.js';
import { rejection } from '../support/async.js';

const failing = (error: unknown) => loadPromClient(jest.fn<() => never>().mockRejectedValue(error as never));

describe('prom-client', () => {
  it.each([
    [
      'ERR_MODULE_NOT_FOUND',
      "Cannot find package 'prom-client' imported from /app/node_modules/nestjs-fluxgate/x.js",
    ],
    ['MODULE_NOT_FOUND', "Cannot find module 'prom-client'\nRequire stack:\n- /app/main.js"],
  ])('that is not installed (%s) is named, with the command that installs it', async (code, message) => {
    const cause = Object.assign(new Error(message), { code });
    const error = await rejection(failing(cause));
    expect(error).toBeInstanceOf(FluxgateConfigError);
    expect(error).toMatchObject({
      message:
        'nestjs-fluxgate/prometheus: it needs the package prom-client, which is not installed. Run: npm install prom-client',
      cause,
    });
  });

  it.each([
    Object.assign(new Error("Cannot find module 'tdigest'\nRequire stack:\n- /app/prom-client/index.js"), {
      code: 'MODULE_NOT_FOUND',
    }),
    new SyntaxError("'prom-client' is broken"),
    undefined,
  ])('that is installed and fails (%s) fails as it does', async (error) => {
    expect(await rejection(failing(error))).toBe(error);
  });

  it('that is installed is given as it is', async () => {
    const { register } = await import('prom-client');
    expect((await loadPromClient()).register).toBe(register);
  });
});
