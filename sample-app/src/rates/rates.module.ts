import { Module } from '@nestjs/common';

import { AcquirerModule } from '../acquirer/acquirer.module.js';
import { RatesController } from './rates.controller.js';
import { RatesService } from './rates.service.js';

@Module({
  imports: [AcquirerModule],
  controllers: [RatesController],
  providers: [RatesService],
})
export class RatesModule {}
