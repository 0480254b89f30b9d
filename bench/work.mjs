// The work that every subject does: the smallest call worth guarding. A service awaits its client, which awaits a
// transport that gives way once. With it a bare `.then` costs about 1.2 times `await call()`; with a function that is
// done at once (`async () => 42`) nothing but the `.then` itself would be measured. That one stands in the table too.

export const ANSWER = { status: 'paid' };
export const FAILURE = new Error('down');

async function transport() {
  await Promise.resolve();
  return ANSWER;
}

async function brokenTransport() {
  await Promise.resolve();
  throw FAILURE;
}

/** The client of a service that works. */
export async function answer() {
  return await transport();
}

async function refuse() {
  return await brokenTransport();
}

/** Works. */
export async function call() {
  return await answer();
}

/** Fails, always with the same error. */
export async function fail() {
  return await refuse();
}

/** Is done at once. */
export const instant = async () => ANSWER;

/** Works, and returns in the same tick. */
export const callSync = () => ANSWER;
