import type { LoggerService } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

import {
  at,
  BreakerNotFoundError,
  breakerProblems,
  FluxgateConfigError,
  hasKeys,
  type Breaker,
  type BreakerOptions,
  type BreakerRegistry,
  type KeyedBreakerOptions,
  type KeyedBreakers,
} from '../core/index.js';
import { featuresOf, nameOf } from './features.js';
import type { ClassType, Member } from './member.js';
import type { FluxgateFeatureOptions, FluxgateModuleOptions } from './options.js';
import { CREATES_UNKNOWN } from './tokens.js';
import { unnamedBreaker } from './unnamed.js';

/** Of which method of which class an unnamed breaker is. */
interface Owner {
  readonly type: WeakRef<ClassType>;
  readonly member: WeakRef<Member>;
}

/** Which breakers does this app have: those of the root, those that features own, those without a name? */
export class AppBreakers {
  /** The root's options are there, and its breakers with them. */
  isReady = false;
  /** Where a mistake is told that is no reason to stop. */
  log: Pick<LoggerService, 'warn'> | undefined;
  private options: FluxgateModuleOptions = {};
  private readonly features = new Set<FluxgateFeatureOptions>();
  /** What an unnamed breaker is for. Weak: a class or a breaker that is gone leaves the name to the next. */
  private readonly owners = new WeakMap<Breaker | KeyedBreakers, Owner>();

  constructor(
    readonly registry: BreakerRegistry,
    readonly modules: ModulesContainer,
  ) {}

  /** Makes the breakers of the root and of the features; the options are valid. */
  load(options: FluxgateModuleOptions): void {
    this.options = options;
    this.registry.configure(options);
    for (const [name, own] of Object.entries(options.breakers ?? {})) this.create(name, own);
    this.addFeatures();
    this.isReady = true;
  }

  /**
   * Makes the breakers of features that were not there before: at bootstrap, and when a lazy module brings one.
   *
   * @throws FluxgateConfigError with everything that is wrong; each feature is told once.
   */
  addFeatures(): void {
    const problems: string[] = [];
    for (const { options, importers } of featuresOf(this.modules)) {
      if (this.features.has(options)) continue;
      this.features.add(options);
      const wrong = this.problemsOf(options);
      const place = `forFeature in ${importers.map(nameOf).join(' and ')}`;
      problems.push(...at(place, wrong));
      if (wrong.length > 0) continue;
      for (const [name, own] of Object.entries(options.breakers ?? {})) this.create(name, own);
    }
    if (problems.length > 0) throw new FluxgateConfigError('FluxgateModule', problems);
  }

  /** What the app has of that name: a breaker, or a group that has one per key. */
  find(name: string): Breaker | KeyedBreakers | undefined {
    this.addFeatures();
    return this.registered(name);
  }

  /** The same; in tests an unknown name makes one of the kind that is wanted, of the defaults. */
  findOrMake(name: string, isKeyed: boolean): Breaker | KeyedBreakers | undefined {
    const known = this.find(name);
    if (known !== undefined || !this.options[CREATES_UNKNOWN]) return known;
    return isKeyed ? this.registry.createKeyed(name, { keys: {} }) : this.registry.create(name);
  }

  /** @throws BreakerNotFoundError, which says who asked. */
  get(name: string, asker: string, isKeyed: boolean): Breaker | KeyedBreakers {
    const found = this.findOrMake(name, isKeyed);
    if (found === undefined) throw this.notFound(name, asker);
    return found;
  }

  notFound(name: string, asker?: string): BreakerNotFoundError {
    const groups = this.registry.groups().map((group) => group.name);
    return new BreakerNotFoundError(name, [...this.registry.names(), ...groups], asker);
  }

  /**
   * `Class.method`: shared by all instances of the class, and by no other class, be it a subclass.
   *
   * @throws an error where two classes, or two methods, come to the same name.
   */
  unnamed(member: Member, type: ClassType): Breaker | KeyedBreakers {
    const name = unnamedBreaker(member, type);
    const isKeyed = member.config.key !== undefined;
    const breaker = this.registered(name) ?? this.create(name, isKeyed ? { keys: {} } : {});
    const owner = this.owners.get(breaker);
    if (owner?.type.deref() === undefined) {
      this.owners.set(breaker, { type: new WeakRef(type), member: new WeakRef(member) });
    } else if (owner.type.deref() !== type || owner.member.deref() !== member) {
      throw new Error(sameName(name));
    }
    return breaker;
  }

  private registered(name: string): Breaker | KeyedBreakers | undefined {
    return this.registry.find(name) ?? this.registry.findKeyed(name);
  }

  private create(name: string, options: BreakerOptions | KeyedBreakerOptions): Breaker | KeyedBreakers {
    return hasKeys(options) ? this.registry.createKeyed(name, options) : this.registry.create(name, options);
  }

  /** What shows only now that the root's defaults and the other breakers are known. */
  private problemsOf({ breakers = {} }: FluxgateFeatureOptions): string[] {
    return Object.entries(breakers).flatMap(([name, own]) =>
      this.registered(name) === undefined
        ? breakerProblems(own, this.options.defaults ?? {}, `breakers.${name}`)
        : [`breakers.${name}: a breaker called "${name}" is registered already. Choose another name.`],
    );
  }
}

const sameName = (breaker: string): string =>
  `${breaker}: another class, or another method, of the same name has an unnamed breaker. ` +
  "Rename one of them, or name the breaker: @CircuitBreaker('…').";
