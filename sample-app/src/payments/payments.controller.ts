import { Body, Controller, Get, Param, ParseFloatPipe, Post } from '@nestjs/common';
import { Breaker, InjectBreaker } from 'nestjs-fluxgate';

import { NoticeService } from './notice.service.js';
import { PaymentsService, type Payment } from './payments.service.js';

@Controller('payments')
export class PaymentsController {
  constructor(
    private readonly payments: PaymentsService,
    private readonly notice: NoticeService,
    @InjectBreaker('acquirer') private readonly breaker: Breaker,
  ) {}

  @Post()
  pay(@Body('amount', ParseFloatPipe) amount: number): Promise<Payment> {
    return this.payments.pay(amount);
  }

  /** Should the page show its pay button, and what above it? Asks the injected breaker, and nobody else. */
  @Get('availability')
  availability(): { isAvailable: boolean; retryAfterMs: number | null; notice: string | null } {
    const { state, retryAfterMs } = this.breaker.snapshot();
    const isAvailable = state !== 'open' && state !== 'forced_open';
    return { isAvailable, retryAfterMs, notice: this.notice.text };
  }

  @Get(':id')
  status(@Param('id') id: string): Promise<Payment> {
    return this.payments.status(id);
  }
}
