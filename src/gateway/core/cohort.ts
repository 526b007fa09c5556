// Which version a user belongs to, by weights: weighted rendezvous hashing (Thaler & Ravishankar 1998, with the logarithm
// of Schindelhauer & Schomaker 2005). Each version has a score for each user that depends on its own weight only, and the
// highest wins. So when weights change, users move only to versions that gained against the one they leave: growing a
// canary never takes a user back from it, and shrinking it gives back exactly those that it had won.
import { hash32, mix32 } from './hash.ts';

/**
 * The version of the user.
 * @param userHash of the user's key and the model
 * @param weights shares; versions with 0 are never chosen
 * @returns null if no version has a weight
 */
export function cohortOf(userHash: number, weights: ReadonlyMap<string, number>): string | null {
  let best: string | null = null;
  let bestScore = -1;
  for (const [version, weight] of weights) {
    if (weight <= 0) continue;
    // In (0, 1), never 0 or 1.
    const uniform = (mix32(userHash ^ versionHash(version)) + 0.5) / 2 ** 32;
    const score = weight / -Math.log(uniform);
    if (score > bestScore || (score === bestScore && version < best!)) {
      best = version;
      bestScore = score;
    }
  }
  return best;
}

/** @param uniform in [0, 1), new for every request: nobody is recognised */
export function drawVersion(uniform: number, weights: ReadonlyMap<string, number>): string | null {
  let sum = 0;
  for (const weight of weights.values()) sum += weight;
  let left = uniform * sum;
  let last: string | null = null;
  for (const [version, weight] of weights) {
    if (weight <= 0) continue;
    last = version;
    if (left < weight) return version;
    left -= weight;
  }
  return last;
}

export function userHashOf(model: string, user: string): number {
  return hash32(user, hash32(model));
}

const VERSIONS_KEPT = 1_000;
const versionHashes = new Map<string, number>();

function versionHash(version: string): number {
  let hash = versionHashes.get(version);
  if (hash === undefined) {
    hash = hash32(version);
    if (versionHashes.size >= VERSIONS_KEPT) versionHashes.clear();
    versionHashes.set(version, hash);
  }
  return hash;
}
