// A JUnit report: a test case for each trial, and one for the assertion; a reason is a failure, an invalid trial an error.
import { escapeMarkup } from './markup.ts';
import type { DrillReport } from './report.ts';

export function renderJunit(reports: readonly (DrillReport & { readonly title?: string })[]): string {
  const cases = reports.flatMap((report) => casesOf(report, report.title ?? 'drill'));
  const failures = cases.filter((it) => it.failure !== null).length;
  const errors = cases.filter((it) => it.error !== null).length;
  const lines = cases.map(({ name, failure, error, seconds }) => {
    const head = `    <testcase classname="lastcall.drill" name="${escapeMarkup(name)}" time="${seconds}"`;
    if (failure !== null) return `${head}><failure message="${escapeMarkup(failure)}"/></testcase>`;
    return error === null ? `${head}/>` : `${head}><error message="${escapeMarkup(error)}"/></testcase>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="${cases.length}" failures="${failures}" errors="${errors}">
  <testsuite name="lastcall drill" tests="${cases.length}" failures="${failures}" errors="${errors}">
${lines.join('\n')}
  </testsuite>
</testsuites>
`;
}

interface Case {
  readonly name: string;
  readonly failure: string | null;
  readonly error: string | null;
  readonly seconds: string;
}

function casesOf(report: DrillReport, title: string): Case[] {
  const runs = report.runs.map((run): Case => ({
    name: `${title}, seed ${run.seed}`,
    failure: run.verdict === 'unclean' ? run.findings.map((it) => `${it.code}: ${it.what}`).join('; ') : null,
    error: run.verdict === 'invalid' ? (run.invalid ?? 'invalid') : null,
    seconds: ((run.measures.exitMs ?? 0) / 1_000).toFixed(3),
  }));
  const asserts = report.asserts.map((it): Case => ({
    name: `${title}: ${it.text}`,
    failure: it.holds ? null : it.why,
    error: null,
    seconds: '0.000',
  }));
  return [...runs, ...asserts];
}
