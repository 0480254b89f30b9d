import { Controller, Get } from '@nestjs/common';

import { OutageDiary, type DiaryEntry } from './outage-diary.js';

/** The outages there were. */
@Controller('outages')
export class OutagesController {
  constructor(private readonly diary: OutageDiary) {}

  @Get()
  list(): readonly DiaryEntry[] {
    return this.diary.entries;
  }
}
