import { listed, oneLine, show } from './text.js';
import { nearest } from './validate.js';

/**
 * Invalid options: everything that is wrong with them, each with its full path.
 *
 * The remedy is in each problem's text; nothing was registered.
 */
export class FluxgateConfigError extends Error {
  readonly code = 'FLUXGATE_CONFIG';

  constructor(
    where: string,
    /** One text per problem, without `where`. */
    readonly problems: readonly string[],
  ) {
    super(
      problems.length === 1
        ? `${where}: ${problems[0]}`
        : `${where}: ${problems.length} problems:\n${problems.map((text) => `  - ${text}`).join('\n')}`,
    );
    this.name = 'FluxgateConfigError';
  }
}

/** No breaker of that name. The message has the nearest known name and the list. */
export class BreakerNotFoundError extends Error {
  readonly code = 'FLUXGATE_BREAKER_NOT_FOUND';

  constructor(
    readonly breaker: string,
    known: readonly string[],
    /** Who asked, when it is known. */
    where?: string,
  ) {
    // From JavaScript it may be anything: `get(undefined)`.
    const asked = typeof (breaker as unknown) === 'string' ? breaker : show(breaker);
    const guess = nearest(asked, known);
    super(
      `${where === undefined ? '' : `${where}: `}no circuit breaker is called "${oneLine(asked)}".` +
        `${guess === undefined ? '' : ` Did you mean "${guess}"?`}` +
        ` Registered: ${listed(known.map((name) => oneLine(name)))}.` +
        ' Add it to the breakers of FluxgateModule.forRoot or forFeature.',
    );
    this.name = 'BreakerNotFoundError';
  }
}
