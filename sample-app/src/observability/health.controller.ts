import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { FluxgateHealthIndicator } from 'nestjs-fluxgate/terminus';

/**
 * May this instance get requests? For the readiness probe, never for liveness: a restart heals no acquirer.
 *
 * An open circuit is told and fails nothing: without its acquirer the shop still knows payments and rates.
 */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly breakers: FluxgateHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([() => this.breakers.check('circuit_breakers')]);
  }
}
