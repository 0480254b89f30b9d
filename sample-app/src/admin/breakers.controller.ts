import {
  BadRequestException,
  Body,
  Controller,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  ParseIntPipe,
  Post,
} from '@nestjs/common';
import { Breaker, BreakerRegistry, FluxgateConfigError, type BreakerSnapshot } from 'nestjs-fluxgate';

import { BreakerPipe } from './breaker.pipe.js';

/** What a command did: false when the breaker was in that state already. */
interface Commanded {
  readonly hasMoved: boolean;
  readonly breaker: BreakerSnapshot;
}

/**
 * For operators: which breakers are there, and how are they told what to do?
 *
 * These endpoints can take a service down: in an application of your own put a guard before them,
 * `@UseGuards(OperatorGuard)`, or serve them where only operators get to.
 */
@Controller('breakers')
export class BreakersController {
  constructor(private readonly breakers: BreakerRegistry) {}

  @Get()
  list(): BreakerSnapshot[] {
    return this.breakers.list().map((breaker) => breaker.snapshot());
  }

  @Get(':name')
  one(@Param('name', BreakerPipe) breaker: Breaker): BreakerSnapshot {
    return breaker.snapshot();
  }

  @Post(':name/force-open')
  @HttpCode(HttpStatus.OK)
  forceOpen(
    @Param('name', BreakerPipe) breaker: Breaker,
    @Body('reason') reason?: string,
    @Body('forMs', new ParseIntPipe({ optional: true })) forMs?: number,
  ): Commanded {
    try {
      return commanded(breaker, breaker.forceOpen({ reason, forMs }));
    } catch (error) {
      if (error instanceof FluxgateConfigError) throw new BadRequestException(error.message);
      throw error;
    }
  }

  @Post(':name/reset')
  @HttpCode(HttpStatus.OK)
  reset(@Param('name', BreakerPipe) breaker: Breaker): Commanded {
    return commanded(breaker, breaker.reset());
  }

  @Post(':name/metrics-only')
  @HttpCode(HttpStatus.OK)
  metricsOnly(@Param('name', BreakerPipe) breaker: Breaker): Commanded {
    return commanded(breaker, breaker.metricsOnly());
  }
}

const commanded = (breaker: Breaker, hasMoved: boolean): Commanded => ({
  hasMoved,
  breaker: breaker.snapshot(),
});
