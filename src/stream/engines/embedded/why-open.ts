// Whether a stream may be closed for good (mode drain): only if nothing is left that belongs to it.
import type { Branches } from './branches.ts';
import type { Epochs } from './epochs.ts';
import type { Intake } from './intake.ts';

/** @param isAtEnd the source has no more @returns why not, a clause; null if it may be */
export function whyOpen(
  parts: { readonly intake: Intake; readonly epochs: Epochs; readonly branches: Branches | null },
  isAtEnd: boolean,
): string | null {
  const { intake, epochs, branches } = parts;
  if (!isAtEnd && !intake.isEndless) {
    const records = epochs.progress.reduce((sum, { records: done }) => sum + done, 0);
    return `the source was not read to its end, but up to record ${records}`;
  }
  if (branches?.isAnyParked !== true) return null;
  const parked = Object.entries(branches.parked).filter(([, count]) => count > 0);
  return `records are parked (${parked.map(([branch, count]) => `${count} for ${branch}`).join(', ')})`;
}
