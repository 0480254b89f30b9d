import { Inject, Injectable } from '@nestjs/common';
import { CircuitBreaker } from 'nestjs-fluxgate';
import { from, Observable } from 'rxjs';
import { fromFetch } from 'rxjs/fetch';

import { ACQUIRER_URL } from '../acquirer/acquirer-url.js';
import { okOrThrow } from '../acquirer/upstream-error.js';

export interface Settlement {
  readonly batch: number;
  readonly amount: number;
}

/** A stream is one call, however many values come: it ends well, it fails, or its reader leaves (no verdict). */
@Injectable()
export class SettlementsService {
  constructor(@Inject(ACQUIRER_URL) private readonly acquirerUrl: string) {}

  @CircuitBreaker('settlements')
  follow(): Observable<Settlement> {
    return fromFetch(`${this.acquirerUrl}/settlements`, {
      selector: (response) => from(settlementsIn(okOrThrow(response))),
    });
  }
}

/** One JSON object per line. */
async function* settlementsIn({ body }: Response): AsyncGenerator<Settlement> {
  if (body === null) return;
  let rest = '';
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as Settlement;
  }
}
