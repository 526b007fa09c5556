// A hash ring (Karger 1997): each instance owns many points on a circle, a key belongs to the next point. When an
// instance leaves, only its keys move; while it only rests, its keys go to the next instance that can take them.
import { hash32, mix32 } from './hash.ts';

/** Points of an instance of weight 1: shares of equal instances then differ by about a tenth. */
const POINTS = 100;
const POINTS_MAX = 1_000;

export interface Ring {
  /** Sorted. */
  readonly points: Float64Array;
  readonly members: readonly string[];
}

export function buildRing(members: readonly { readonly id: string; readonly weight: number }[]): Ring {
  // Hash and member in one number (32 bits + 20 bits), so that sorting needs no objects.
  const points: number[] = [];
  for (const [index, { id, weight }] of members.entries()) {
    const seed = hash32(id);
    const count = Math.max(1, Math.min(POINTS_MAX, Math.round(POINTS * weight)));
    for (let point = 0; point < count; point++)
      points.push(mix32(seed + Math.imul(point, 0x9e3779b9)) * 2 ** 20 + index);
  }
  return { points: Float64Array.from(points).sort(), members: members.map(({ id }) => id) };
}

/** The first member from the key's place on that `fits`; null if none does. */
export function onRing(ring: Ring, key: string, fits: (id: string) => boolean): string | null {
  const { points, members } = ring;
  const start = firstFrom(points, hash32(key) * 2 ** 20);
  const tried = new Set<number>();
  for (let step = 0; step < points.length && tried.size < members.length; step++) {
    const member = points[(start + step) % points.length]! % 2 ** 20;
    if (tried.has(member)) continue;
    const id = members[member]!;
    if (fits(id)) return id;
    tried.add(member);
  }
  return null;
}

function firstFrom(points: Float64Array, wanted: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (points[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
