import { Controller, Get, Param } from '@nestjs/common';
import { Observable } from 'rxjs';

import { RatesService, type Rate } from './rates.service.js';

@Controller('rates')
export class RatesController {
  constructor(private readonly rates: RatesService) {}

  @Get(':currency')
  rate(@Param('currency') currency: string): Observable<Rate> {
    return this.rates.rate(currency);
  }
}
