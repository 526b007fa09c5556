// JUnit XML, as CI systems read it: a suite per file, a failed case per finding, and one passed case for a clean run.
import type { Finding } from '../finding.ts';
import type { Summary } from './json.ts';

export function renderJunit({ findings, files }: Summary): string {
  const byFile = new Map<string, Finding[]>();
  for (const finding of findings) {
    const { path } = finding.at.source;
    byFile.set(path, [...(byFile.get(path) ?? []), finding]);
  }
  const suites = [...byFile].map(([path, own]) => suiteOf(path, own));
  if (suites.length === 0) {
    suites.push(
      `  <testsuite name="lastcall lint" tests="1" failures="0">\n    <testcase name="${files} files" classname="lastcall lint"/>\n  </testsuite>`,
    );
  }
  const tests = Math.max(1, findings.length);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="lastcall lint" tests="${tests}" failures="${findings.length}">\n${suites.join('\n')}\n</testsuites>`;
}

function suiteOf(path: string, findings: readonly Finding[]): string {
  const cases = findings.map(({ rule, severity, at, what, todo }) => {
    const { line, column } = at.source.position(at.start);
    return [
      `    <testcase name="${xml(`${rule} ${line}:${column}`)}" classname="${xml(path)}" file="${xml(path)}" line="${line}">`,
      `      <failure type="${severity}" message="${xml(what)}">${xml(todo)}</failure>`,
      '    </testcase>',
    ].join('\n');
  });
  return `  <testsuite name="${xml(path)}" tests="${findings.length}" failures="${findings.length}">\n${cases.join('\n')}\n  </testsuite>`;
}

/** Control characters are no characters of XML 1.0 at all. */
function xml(text: string): string {
  return text
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
