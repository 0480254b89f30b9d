import { Injectable } from '@nestjs/common';
import { OnBreaker } from 'nestjs-fluxgate';

/** What the page says above its pay button. Told by the breaker, so that it need not ask. */
@Injectable()
export class NoticeService {
  text: string | null = null;

  @OnBreaker('acquirer', 'open', 'forced_open')
  down(): void {
    this.text = 'Card payments are down. Please try again in a few minutes.';
  }

  @OnBreaker('acquirer', 'closed')
  up(): void {
    this.text = null;
  }
}
