import 'reflect-metadata';
import { Controller, Get, Injectable, Module } from '@nestjs/common';
import {
  Breaker,
  BreakerRegistry,
  CallNotPermittedException,
  CircuitBreaker,
  Cooldown,
  FailureStreak,
  FluxgateModule,
  InjectBreaker,
  TrackWhen,
} from 'nestjs-fluxgate';

export class ProviderDown extends Error {}

@Injectable()
export class Payments {
  calls = 0;

  constructor(@InjectBreaker('payments') readonly breaker: Breaker) {}

  @CircuitBreaker('payments')
  @TrackWhen(ProviderDown)
  async status(id: string): Promise<string> {
    this.calls += 1;
    throw new ProviderDown(`no status for ${id}`);
  }
}

@Controller()
export class Shop {
  constructor(private readonly payments: Payments) {}

  @Get()
  async status(): Promise<string> {
    return this.payments.status('42');
  }
}

@Module({
  imports: [
    FluxgateModule.forRoot({
      breakers: { payments: { tripper: FailureStreak(2), retry: Cooldown(60_000) } },
    }),
  ],
  providers: [Payments],
  controllers: [Shop],
})
export class ShopModule {}

export { BreakerRegistry, CallNotPermittedException };
