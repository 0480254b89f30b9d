import { expect, it, jest } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { FluxgateModule } from 'nestjs-fluxgate';

import { rejection } from '../support/async.js';

const absent = Object.assign(new Error("Cannot find package '@nestjs/terminus' imported from /app/x.js"), {
  code: 'ERR_MODULE_NOT_FOUND',
});
jest.unstable_mockModule('@nestjs/terminus', () => {
  throw absent;
});

// The real absence, in an app of its own: test/package, "without optional packages".
it('without @nestjs/terminus the subpath can be imported, and bootstrap fails with the command that installs it', async () => {
  const { FluxgateTerminusModule } = await import('nestjs-fluxgate/terminus');
  const app = Test.createTestingModule({
    imports: [FluxgateModule.forRoot({ logger: false }), FluxgateTerminusModule.forRoot()],
  });
  expect(await rejection(app.compile())).toMatchObject({
    message:
      'nestjs-fluxgate/terminus: it needs the package @nestjs/terminus, which is not installed. Run: npm install @nestjs/terminus',
    cause: absent,
  });
});
