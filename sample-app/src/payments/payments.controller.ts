import { Body, Controller, Get, Param, ParseFloatPipe, Post } from '@nestjs/common';
import { Breaker, InjectBreaker } from 'nestjs-fluxgate';

import { PaymentsService, type Payment } from './payments.service.js';

@Controller('payments')
export class PaymentsController {
  constructor(
    private readonly payments: PaymentsService,
    @InjectBreaker('acquirer') private readonly breaker: Breaker,
  ) {}

  @Post()
  pay(@Body('amount', ParseFloatPipe) amount: number): Promise<Payment> {
    return this.payments.pay(amount);
  }

  /** Should the page show its pay button? Asks the injected breaker, and nobody else. */
  @Get('availability')
  availability(): { isAvailable: boolean; retryAfterMs: number | null } {
    const { state, retryAfterMs } = this.breaker.snapshot();
    return { isAvailable: state !== 'open' && state !== 'forced_open', retryAfterMs };
  }

  @Get(':id')
  status(@Param('id') id: string): Promise<Payment> {
    return this.payments.status(id);
  }
}
