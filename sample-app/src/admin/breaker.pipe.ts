import { Injectable, NotFoundException, type PipeTransform } from '@nestjs/common';
import { Breaker, BreakerRegistry } from 'nestjs-fluxgate';

/** The breaker of the name in the path, or a 404. */
@Injectable()
export class BreakerPipe implements PipeTransform<string, Breaker> {
  constructor(private readonly breakers: BreakerRegistry) {}

  transform(name: string): Breaker {
    const breaker = this.breakers.find(name);
    if (breaker === undefined) {
      throw new NotFoundException(
        `There is no breaker "${name}". There are: ${this.breakers.names().join(', ')}.`,
      );
    }
    return breaker;
  }
}
