// Keeps the memory of a pipeline's process flat. V8 makes room for young objects as long as many survive, up to 60 MB
// that it never gives back; a stream gains nothing by it (docs/performance.md). Only where the process is ours: a program
// that runs a pipeline of its own decides for itself.
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Physical bytes of the space, both halves and what is being filled, at which it grows no further. */
const YOUNG_BYTES = 8 * 2 ** 20;
const LOOK_MS = 100;

/** From when it is large enough, room for young objects stays as it is. */
export function limitYoungObjects(lookMs = LOOK_MS): void {
  const timer = setInterval(() => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    if ((young?.physical_space_size ?? 0) < YOUNG_BYTES) return;
    clearInterval(timer);
    // Read by V8 each time that it would grow the space.
    setFlagsFromString('--semi-space-growth-factor=1');
  }, lookMs);
  timer.unref();
}
