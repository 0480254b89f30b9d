import { Controller, Sse, type MessageEvent } from '@nestjs/common';
import { map, Observable } from 'rxjs';

import { SettlementsService } from './settlements.service.js';

@Controller('settlements')
export class SettlementsController {
  constructor(private readonly settlements: SettlementsService) {}

  /**
   * Server-sent events; each request is a subscription. While the circuit is open it is a 503 like any other.
   * What fails later than that, when the headers are out, is an event of the type `error`.
   */
  @Sse()
  events(): Observable<MessageEvent> {
    return this.settlements.follow().pipe(map((data) => ({ data })));
  }
}
