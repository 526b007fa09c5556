// Waiting in tests for something that no event tells of: asked again at every turn of the event loop, for at most half a
// minute, and then an error that says what never came.
const WAIT_MS_MAX = 30_000;

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const endAtMs = performance.now() + WAIT_MS_MAX;
  while (!(await condition())) {
    if (performance.now() > endAtMs) throw new Error(`this never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
