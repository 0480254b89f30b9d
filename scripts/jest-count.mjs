/** A jest reporter: closes the run with one plain line, "specs: N passed, N failed, N skipped". */
export default class CountReporter {
  onRunComplete(_contexts, results) {
    const skipped = results.numPendingTests + results.numTodoTests;
    const broken = results.numRuntimeErrorTestSuites;
    const counts = [`${results.numPassedTests} passed`, `${results.numFailedTests + broken} failed`];
    if (skipped > 0) counts.push(`${skipped} skipped`);
    process.stdout.write(`specs: ${counts.join(', ')}\n`);
  }
}
