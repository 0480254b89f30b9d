// The package as it is published: what `npm run bench` has just built.
export * from '../dist/index.js';
export { bindPrometheus } from '../dist/prometheus/index.js';
