// A short account of how two texts differ: the lines that only one of them has, in order, as many as a person reads.

const LINES_MAX = 60;

export function changedLines(before: string, after: string): string {
  const gone = without(before, after).map((line) => `- ${line}`);
  const come = without(after, before).map((line) => `+ ${line}`);
  const lines = [...gone, ...come];
  if (lines.length === 0) return 'the same lines in another order';
  const rest = lines.length - LINES_MAX;
  return [...lines.slice(0, LINES_MAX), ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n');
}

/** Lines of `text` beyond the number of times that `other` has them. */
function without(text: string, other: string): string[] {
  const left = new Map<string, number>();
  for (const line of other.split('\n')) left.set(line, (left.get(line) ?? 0) + 1);
  return text.split('\n').filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
