import { describe, expect, it, jest } from '@jest/globals';
import { FluxgateConfigError } from 'nestjs-fluxgate';

import { loadTerminus } from '../../lib/terminus/peer.js';
import { rejection } from '../support/async.js';

const failing = (error: unknown) => loadTerminus(jest.fn<() => never>().mockRejectedValue(error as never));

describe('@nestjs/terminus', () => {
  it.each([
    [
      'ERR_MODULE_NOT_FOUND',
      "Cannot find package '@nestjs/terminus' imported from /app/node_modules/nestjs-fluxgate/x.js",
    ],
    ['MODULE_NOT_FOUND', "Cannot find module '@nestjs/terminus'\nRequire stack:\n- /app/main.js"],
  ])('that is not installed (%s) is named, with the command that installs it', async (code, message) => {
    const cause = Object.assign(new Error(message), { code });
    const error = await rejection(failing(cause));
    expect(error).toBeInstanceOf(FluxgateConfigError);
    expect(error).toMatchObject({
      message:
        'nestjs-fluxgate/terminus: it needs the package @nestjs/terminus, which is not installed. Run: npm install @nestjs/terminus',
      cause,
    });
  });

  it.each([
    Object.assign(
      new Error("Cannot find module 'tdigest'\nRequire stack:\n- /app/@nestjs/terminus/index.js"),
      {
        code: 'MODULE_NOT_FOUND',
      },
    ),
    new SyntaxError("'@nestjs/terminus' is broken"),
    undefined,
  ])('that is installed and fails (%s) fails as it does', async (error) => {
    expect(await rejection(failing(error))).toBe(error);
  });

  it('that is installed is given as it is', async () => {
    const { HealthIndicatorService } = await import('@nestjs/terminus');
    expect((await loadTerminus()).HealthIndicatorService).toBe(HealthIndicatorService);
  });
});
