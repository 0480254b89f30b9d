import { describe, expect, it, jest } from '@jest/globals';
import { FluxgateConfigError } from 'nestjs-fluxgate';

import { loadOpenTelemetry } from '../../lib/opentelemetry/peer.js';
import { rejection } from '../support/async.js';

const failing = (error: unknown) =>
  loadOpenTelemetry(jest.fn<() => never>().mockRejectedValue(error as never));

describe('@opentelemetry/api', () => {
  it.each([
    [
      'ERR_MODULE_NOT_FOUND',
      "Cannot find package '@opentelemetry/api' imported from /app/node_modules/nestjs-fluxgate/x.js",
    ],
    ['MODULE_NOT_FOUND', "Cannot find module '@opentelemetry/api'\nRequire stack:\n- /app/main.js"],
  ])('that is not installed (%s) is named, with the command that installs it', async (code, message) => {
    const cause = Object.assign(new Error(message), { code });
    const error = await rejection(failing(cause));
    expect(error).toBeInstanceOf(FluxgateConfigError);
    expect(error).toMatchObject({
      message:
        'nestjs-fluxgate/opentelemetry: it needs the package @opentelemetry/api, which is not installed. Run: npm install @opentelemetry/api',
      cause,
    });
  });

  it.each([
    Object.assign(
      new Error("Cannot find module 'tdigest'\nRequire stack:\n- /app/@opentelemetry/api/index.js"),
      {
        code: 'MODULE_NOT_FOUND',
      },
    ),
    new SyntaxError("'@opentelemetry/api' is broken"),
    undefined,
  ])('that is installed and fails (%s) fails as it does', async (error) => {
    expect(await rejection(failing(error))).toBe(error);
  });

  it('that is installed is given as it is', async () => {
    const { trace } = await import('@opentelemetry/api');
    expect((await loadOpenTelemetry()).trace).toBe(trace);
  });
});
