import { expect, it, jest } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { BreakerRegistry, FluxgateModule } from 'nestjs-fluxgate';

import { rejection } from '../support/async.js';

const absent = Object.assign(new Error("Cannot find package '@opentelemetry/api' imported from /app/x.js"), {
  code: 'ERR_MODULE_NOT_FOUND',
});
jest.unstable_mockModule('@opentelemetry/api', () => {
  throw absent;
});
const CURE =
  'nestjs-fluxgate/opentelemetry: it needs the package @opentelemetry/api, which is not installed. Run: npm install @opentelemetry/api';

// The real absence, in an app of its own: test/package, "without optional packages".
it('without @opentelemetry/api the subpath can be imported, and bootstrap fails with the command that installs it', async () => {
  const { FluxgateOpenTelemetryModule, bindOpenTelemetry } = await import('nestjs-fluxgate/opentelemetry');
  const app = Test.createTestingModule({
    imports: [FluxgateModule.forRoot({ logger: false }), FluxgateOpenTelemetryModule.forRoot()],
  });
  expect(await rejection(app.compile())).toMatchObject({ message: CURE, cause: absent });
  expect(await rejection(bindOpenTelemetry(new BreakerRegistry()))).toMatchObject({ message: CURE });
});
