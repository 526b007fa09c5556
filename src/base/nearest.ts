// The known name that somebody most likely meant: for unknown commands, options, keys and environment variables.

/**
 * The name of `known` with the fewest typing mistakes between it and `given`, or undefined if none is close.
 * A mistake is a letter too many, too few, another one, or two swapped (optimal string alignment distance).
 */
export function nearest(given: string, known: Iterable<string>): string | undefined {
  const wanted = given.toLowerCase();
  let best: string | undefined;
  // More than a third of the letters wrong is another word, not a typing mistake.
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const name of known) {
    const candidate = name.toLowerCase();
    const isPrefix = wanted.length >= 3 && candidate.startsWith(wanted);
    const distance = isPrefix ? 1 : editDistance(wanted, candidate);
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** "Did you mean …?" as a sentence, or the alternative if nothing is close. */
export function suggestion(given: string, known: Iterable<string>, otherwise: string): string {
  const name = nearest(given, known);
  return name === undefined ? otherwise : `Did you mean ${name}? ${otherwise}`;
}

function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
