import { ModuleRef, type ModulesContainer } from '@nestjs/core';

import { toTracker, type Tracker } from '../core/index.js';
import type { FluxgateFeatureOptions } from './options.js';
import { classNameOf, FEATURE_TOKEN } from './tokens.js';
import { ANSWER, type Question } from './tracking.js';

/** The module that a `forFeature` makes. */
export class FluxgateFeatureModule {}

/** One module of the app, as Nest holds it. */
export type HostModule = ModulesContainer extends Map<string, infer Module> ? Module : never;

/** The option with the trackers for one breaker each, beside the one for all. */
export const BY_BREAKER = { tracker: 'trackers', ignore: 'ignores' } as const;

/** The trackers that hold for the decorated classes of one module, for one question. */
export interface FeatureTrackers {
  readonly forAll: Tracker | undefined;
  readonly byBreaker: ReadonlyMap<string, Tracker>;
  /** What does not go together, when one module imports more than one `forFeature`. */
  readonly conflicts: readonly string[];
}

/** The trackers of every `forFeature` that a module itself imports, put together. */
export function featureTrackers(host: HostModule, question: Question): FeatureTrackers {
  const byBreaker = new Map<string, Tracker>();
  const conflicts: string[] = [];
  const what = ANSWER[question];
  let forAll: Tracker | undefined;
  for (const feature of importedBy(host)) {
    const like = feature[question];
    if (like !== undefined) {
      if (forAll !== undefined)
        conflicts.push(`${nameOf(host)} imports two forFeature with ${what}. Keep one.`);
      forAll = toTracker(like);
    }
    for (const [name, one] of Object.entries(feature[BY_BREAKER[question]] ?? {})) {
      if (byBreaker.has(name)) {
        conflicts.push(`${nameOf(host)} imports two forFeature with ${what} for "${name}". Keep one.`);
      }
      byBreaker.set(name, toTracker(one));
    }
  }
  return { forAll, byBreaker, conflicts };
}

/** A `forFeature` of the app, and the modules that import it. */
export interface Feature {
  readonly options: FluxgateFeatureOptions;
  readonly importers: readonly HostModule[];
}

/** Every `forFeature` of the app. */
export function featuresOf(modules: ModulesContainer): Feature[] {
  const features: Feature[] = [];
  for (const module of modules.values()) {
    const options = optionsOf(module);
    if (options === undefined) continue;
    features.push({ options, importers: [...modules.values()].filter(({ imports }) => imports.has(module)) });
  }
  return features;
}

/** The module whose reference this is. */
export const hostOf = (modules: ModulesContainer, moduleRef: ModuleRef | undefined): HostModule | undefined =>
  [...modules.values()].find((module) => moduleRefOf(module) === moduleRef);

/** A module's own reference, as it injects it. */
export const moduleRefOf = (module: HostModule): ModuleRef | undefined =>
  module.providers.get(ModuleRef)?.instance as ModuleRef | undefined;

export const nameOf = (host: HostModule): string => classNameOf(host.metatype);

function importedBy(host: HostModule): FluxgateFeatureOptions[] {
  return [...host.imports].map(optionsOf).filter((options) => options !== undefined);
}

/** The token tells, not the class: a feature may come from another copy of the package. */
function optionsOf(module: HostModule): FluxgateFeatureOptions | undefined {
  const feature = module.providers.get(FEATURE_TOKEN)?.instance as
    { readonly options: FluxgateFeatureOptions } | undefined;
  return feature?.options;
}
