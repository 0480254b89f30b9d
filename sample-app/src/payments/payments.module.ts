import { Module } from '@nestjs/common';
import { FluxgateModule, TransientErrors } from 'nestjs-fluxgate';

import { AcquirerModule } from '../acquirer/acquirer.module.js';
import { NoticeService } from './notice.service.js';
import { PaymentsController } from './payments.controller.js';
import { PaymentsService } from './payments.service.js';

@Module({
  imports: [
    AcquirerModule,
    // What counts as a failure of the acquirer, for the decorated classes of this module. A 404 or a 422
    // does not: there we were wrong.
    FluxgateModule.forFeature({
      trackers: { acquirer: TransientErrors() },
    }),
  ],
  controllers: [PaymentsController],
  providers: [PaymentsService, NoticeService],
})
export class PaymentsModule {}
