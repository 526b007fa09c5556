// What a person sees of a test run.
import type { FileResult } from './run-file.ts';

export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

export function addUp(results: readonly FileResult[]): Totals {
  return {
    passed: results.reduce((sum, { passed }) => sum + passed, 0),
    failed: results.reduce((sum, { failures }) => sum + failures.length, 0),
    skipped: results.reduce((sum, { skips }) => sum + skips.length, 0),
  };
}

/** One line, and beneath it what failed. */
export function describeFile({ path, passed, failures, skips, output, ms }: FileResult): string {
  const counts = [
    `${passed} passed`,
    failures.length && `${failures.length} failed`,
    skips.length && `${skips.length} skipped`,
  ];
  const head = `${failures.length > 0 ? 'FAIL' : 'ok  '} ${path}  ${counts.filter(Boolean).join(', ')}  ${seconds(ms)}`;
  if (failures.length === 0) return head;
  const details = failures.map(({ name, error }) => `  ✗ ${name}\n${indent(error)}`);
  return [head, ...details, ...(output.trim() === '' ? [] : ['  it printed:', indent(output.trimEnd())])].join('\n');
}

/** The end of the run, but for the line that says how many. */
export function describeEnd(results: readonly FileResult[]): string[] {
  const failed = results.flatMap(({ path, failures }) => failures.map(({ name }) => `FAILED ${path}: ${name}`));
  const skipped = results.flatMap(({ skips }) => skips.map(({ name, reason }) => `SKIPPED ${name}: ${reason}`));
  return [...skipped, ...failed];
}

/** The last line; others rely on its form. */
export function closingLine({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}
