// The id of a state directory: the first part of the cookies of all that is started from it, so that what belongs to
// another one is left alone.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { claimFileSync } from '../../base/files/index.ts';
import { isId, newId } from '../../base/id.ts';

const FILE = 'store-id';

/** Made with the first start. A state directory that cannot be had, or written to, has an id for this process alone. */
export function storeIdOf(stateDir: string | null): string {
  const fresh = newId('store', systemClock.wallMs());
  if (stateDir === null) return fresh;
  const path = join(stateDir, FILE);
  const read = () => {
    try {
      const text = readFileSync(path, 'utf8').trim();
      return isId('store', text) ? text : null;
    } catch {
      return null;
    }
  };
  try {
    return read() ?? (claimFileSync(path, `${fresh}\n`) ? fresh : (read() ?? fresh));
  } catch {
    return fresh;
  }
}
