// Workflow commands of GitHub Actions, which show findings beside the changed lines
// (https://docs.github.com/actions/reference/workflow-commands-for-github-actions).
import type { Finding, Severity } from '../finding.ts';

const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'notice' };

export function renderGithub(findings: readonly Finding[]): string {
  return findings
    .map(({ rule, severity, at, what, todo }) => {
      const { source, start, end } = at;
      const from = source.position(start);
      const to = source.position(end);
      const properties = [
        `file=${property(source.path)}`,
        `line=${from.line}`,
        `col=${from.column}`,
        // GitHub shows columns only of findings within one line.
        ...(to.line === from.line ? [`endColumn=${to.column}`] : [`endLine=${to.line}`]),
        `title=${property(`lastcall lint: ${rule}`)}`,
      ];
      return `::${COMMANDS[severity]} ${properties.join(',')}::${message(`${what} ${todo}`)}`;
    })
    .join('\n');
}

function message(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return message(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
