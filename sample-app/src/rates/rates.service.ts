import { HttpService } from '@nestjs/axios';
import { Injectable } from '@nestjs/common';
import { CircuitBreaker, TransientErrors } from 'nestjs-fluxgate';
import { map, Observable, tap } from 'rxjs';

export interface Rate {
  readonly currency: string;
  readonly rate: number;
  /** It is the last one we were told. */
  readonly isStale?: true;
}

/** Exchange rates, with `@nestjs/axios`: an Observable, admitted and counted once per subscription. */
@Injectable()
export class RatesService {
  private readonly lastKnown = new Map<string, Rate>();

  constructor(private readonly http: HttpService) {}

  @CircuitBreaker('rates', {
    tracker: TransientErrors(),
    fallback: 'lastKnownRate',
  })
  rate(currency: string): Observable<Rate> {
    return this.http.get<Rate>(`/rates/${encodeURIComponent(currency)}`).pipe(
      map(({ data }) => data),
      tap((rate) => this.lastKnown.set(currency, rate)),
    );
  }

  lastKnownRate(error: unknown, currency: string): Rate {
    const known = this.lastKnown.get(currency);
    if (known === undefined) throw error;
    return { ...known, isStale: true };
  }
}
