import { Module } from '@nestjs/common';

import { BreakersController } from './breakers.controller.js';

@Module({ controllers: [BreakersController] })
export class AdminModule {}
