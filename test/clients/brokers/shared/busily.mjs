/** Calls again and again for five seconds, so that one is in flight when the server dies. */
export async function busily(call) {
  for (let i = 0; i < 200; i++) {
    await call();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
