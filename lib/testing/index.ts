export { ManualClock } from './manual-clock.js';
export { RecordingListener } from './recording-listener.js';
export { seededRandom } from './seeded-random.js';
export { FluxgateTestingModule, FluxgateTestKit, type FluxgateTestingOptions } from './testing-module.js';
