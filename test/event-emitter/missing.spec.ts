import { expect, it, jest } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { FluxgateModule } from 'nestjs-fluxgate';

import { rejection } from '../support/async.js';

const absent = Object.assign(
  new Error("Cannot find package '@nestjs/event-emitter' imported from /app/x.js"),
  {
    code: 'ERR_MODULE_NOT_FOUND',
  },
);
jest.unstable_mockModule('@nestjs/event-emitter', () => {
  throw absent;
});
const CURE =
  'nestjs-fluxgate/event-emitter: it needs the package @nestjs/event-emitter, which is not installed. Run: npm install @nestjs/event-emitter';

// The real absence, in an app of its own: test/package, "without optional packages".
it('without @nestjs/event-emitter the subpath can be imported, and bootstrap fails with the command that installs it', async () => {
  const { FluxgateEventsModule } = await import('nestjs-fluxgate/event-emitter');
  const app = Test.createTestingModule({
    imports: [FluxgateModule.forRoot({ logger: false }), FluxgateEventsModule.forRoot()],
  });
  expect(await rejection(app.compile())).toMatchObject({ message: CURE, cause: absent });
});
