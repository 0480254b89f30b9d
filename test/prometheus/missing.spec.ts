import { expect, it, jest } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { BreakerRegistry, FluxgateModule } from 'nestjs-fluxgate';

import { rejection } from '../support/async.js';

const absent = Object.assign(new Error("Cannot find package 'prom-client' imported from /app/x.js"), {
  code: 'ERR_MODULE_NOT_FOUND',
});
jest.unstable_mockModule('prom-client', () => {
  throw absent;
});
const CURE =
  'nestjs-fluxgate/prometheus: it needs the package prom-client, which is not installed. Run: npm install prom-client';

// The real absence, in an app of its own: test/package, "without optional packages".
it('without prom-client the subpath can be imported, and bootstrap fails with the command that installs it', async () => {
  const { FluxgatePrometheusModule, bindPrometheus } = await import('nestjs-fluxgate/prometheus');
  const app = Test.createTestingModule({
    imports: [FluxgateModule.forRoot({ logger: false }), FluxgatePrometheusModule.forRoot()],
  });
  expect(await rejection(app.compile())).toMatchObject({ message: CURE, cause: absent });
  expect(await rejection(bindPrometheus(new BreakerRegistry()))).toMatchObject({ message: CURE });
});
