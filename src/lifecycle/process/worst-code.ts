// One exit code for a process with several root units: the one that somebody has to know of first.

/** Codes of endings in the order in which they count (lifecycle.md, "Outcome and exit code"). */
const ENDING_CODES = [107, 106, 110, 105, 101, 104, 100, 108, 109, 102, 103];

/** A code of the work itself counts before those of endings, 0 after all. */
export function worstCode(codes: readonly number[]): number {
  const failed = codes.filter((code) => code !== 0);
  const rank = (code: number) => ENDING_CODES.indexOf(code);
  return failed.toSorted((a, b) => rank(a) - rank(b))[0] ?? 0;
}
