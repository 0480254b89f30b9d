// Checks the floors of lib/ with dependency-cruiser, and that it really cruised something.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { cruise, format } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const require = createRequire(import.meta.url);
const { forbidden, options } = require('../.dependency-cruiser.cjs');

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { output: result } = await cruise(
  ['lib'],
  { ...options, ruleSet: { forbidden }, validate: true },
  undefined,
  { tsConfig: extractTSConfig(options.tsConfig.fileName) },
);

const modules = result.modules.filter((module) => module.source.startsWith('lib/'));
const edges = modules.reduce((sum, module) => sum + module.dependencies.length, 0);
if (modules.length === 0 || edges === 0) {
  console.error(`floors: ${modules.length} modules and ${edges} imports seen in lib/; nothing was checked`);
  process.exit(1);
}
const broken = result.summary.violations.length;
if (broken > 0) {
  const report = await format(result, { outputType: 'err-long' });
  console.error(report.output);
}
console.log(`floors: ${modules.length} modules, ${edges} imports, ${broken} violations`);
process.exit(broken > 0 ? 1 : 0);
