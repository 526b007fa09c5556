// Equal strings of different row groups become one object: faster to compare, and less memory.

/** Different strings that are remembered; what comes beyond stays as it is. */
const INTERNED_MAX = 65_536;

/** Replaces strings of `values` by equal ones that were seen before. */
export function interner(): (values: string[]) => void {
  const known = new Map<string, string>();
  return (values) => {
    for (const [index, value] of values.entries()) {
      const same = known.get(value);
      if (same !== undefined) values[index] = same;
      else if (known.size < INTERNED_MAX) known.set(value, value);
    }
  };
}
