// A reporter for Stryker: tells of a survivor at once, so that its spec can be written while the run goes on.
import { relative, sep } from 'node:path';

import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';

class SurvivorReporter {
  onMutantTested({ status, fileName, location, mutatorName, replacement }) {
    if (status !== 'Survived' && status !== 'NoCoverage') return;
    const place = `${relative('.', fileName).split(sep).join('/')}:${location.start.line}`;
    console.log(`${place}  ${mutatorName}, ${status} → ${replacement.replace(/\s+/g, ' ').slice(0, 100)}`);
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Reporter, 'survivors', SurvivorReporter)];
