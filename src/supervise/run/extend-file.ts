// For programs that cannot speak to a socket: touching a file during the ending asks for more time, a lease at a time.
import { statSync } from 'node:fs';
import type { HookContext } from '../../lifecycle/index.ts';

const LOOK_MS = 250;
/** The longest lease there is (lifecycle.md, "Extension"). */
const LEASE_MS = 30_000;

/** Watches until the returned function is called. */
export function extendWhenTouched(path: string | null, context: HookContext): () => void {
  if (path === null) return () => undefined;
  let last = touchedAt(path);
  const timer = setInterval(() => {
    const now = touchedAt(path);
    if (now === last) return;
    last = now;
    if (now !== null) context.extend(LEASE_MS);
  }, LOOK_MS);
  return () => clearInterval(timer);
}

function touchedAt(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
}
