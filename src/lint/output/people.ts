// Findings for people: where, what, the lines themselves with a mark under them, why, and what to do.
import type { Finding, Question, Severity } from '../finding.ts';
import type { Rule } from '../rule.ts';
import type { Span } from '../source/source.ts';

type Style = 'red' | 'yellow' | 'blue' | 'bold' | 'dim' | 'green';

export interface Paint {
  (style: Style, text: string): string;
}

const STYLES: Readonly<Record<Severity, Style>> = { error: 'red', warning: 'yellow', info: 'blue' };
const WIDTH_MAX = 160;

export function renderPeople(findings: readonly Finding[], rules: ReadonlyMap<string, Rule>, paint: Paint): string {
  const explained = new Set<string>();
  return findings
    .map((finding) => {
      const rule = rules.get(finding.rule);
      const head = `${paint('bold', placeOf(finding.at))} ${paint(STYLES[finding.severity], finding.severity)} ${paint('dim', finding.rule)}`;
      const lines = [head, `  ${oneLine(finding.what)}`, ...frame(finding.at, paint, STYLES[finding.severity])];
      // The same reason ten times over is read by nobody.
      if (rule && !explained.has(rule.id)) lines.push(`  ${paint('dim', `why: ${rule.why}`)}`);
      explained.add(finding.rule);
      lines.push(`  ${paint('green', 'fix:')} ${oneLine(finding.todo)}`);
      for (const { at, what } of finding.related ?? []) {
        if (at.source !== finding.at.source || at.start !== finding.at.start)
          lines.push(`  ${paint('dim', `see: ${placeOf(at)} ${oneLine(what)}`)}`);
      }
      return lines.join('\n');
    })
    .join('\n\n');
}

export function renderQuestions(questions: readonly Question[], paint: Paint): string {
  const lines = questions.map(
    ({ at, what }) => `${paint('bold', placeOf(at))} ${paint('blue', 'needs-answer')}\n  ${oneLine(what)}`,
  );
  return [
    ...lines,
    'Answer with --longest-request 30s, --from-drill FILE, or a comment: `# lastcall: longest-request=30s`, `# lastcall: handles-sigterm=yes`.',
  ].join('\n');
}

/** `file:line:column`, as editors and terminals open it. */
export function placeOf({ source, start }: Span): string {
  const { line, column } = source.position(start);
  return `${source.path}:${line}:${column}`;
}

/** The line before, the line itself, a mark under what is meant. */
function frame({ source, start, end }: Span, paint: Paint, style: Style): string[] {
  const { line, column } = source.position(start);
  const width = String(line).length;
  const rows: string[] = [];
  const text = source.line(line).replaceAll('\t', ' ');
  if (text.trim() === '') return rows;
  const before = line > 1 ? source.line(line - 1).replaceAll('\t', ' ') : '';
  if (before.trim() !== '') rows.push(`  ${paint('dim', `${String(line - 1).padStart(width)} |`)} ${cut(before)}`);
  rows.push(`  ${paint('dim', `${line} |`)} ${cut(text)}`);
  if (column <= WIDTH_MAX) {
    const room = Math.min(text.length, WIDTH_MAX) - column + 1;
    const length = Math.max(1, Math.min(end - start, room));
    rows.push(
      `  ${paint('dim', `${' '.repeat(width)} |`)} ${' '.repeat(column - 1)}${paint(style, '^'.repeat(length))}`,
    );
  }
  return rows;
}

function cut(text: string): string {
  const plain = oneLine(text);
  return plain.length > WIDTH_MAX ? `${plain.slice(0, WIDTH_MAX - 1)}…` : plain;
}

/** Text from files must not steer the terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}
