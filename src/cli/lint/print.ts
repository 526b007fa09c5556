// The findings in the format that was asked for. stdout holds them and nothing else.
import {
  renderGithub,
  renderJunit,
  renderPeople,
  renderQuestions,
  type Rule,
  type Summary,
  toJson,
  toSarif,
} from '../../lint/index.ts';
import type { Output } from '../output.ts';
import { version } from '../version.ts';
import type { LintOptions } from './options.ts';

export function print(summary: Summary, options: LintOptions, rules: readonly Rule[], output: Output): void {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const asked = { ...summary, questions: options.ask ? summary.questions : [] };
  for (const { at, what } of summary.problems) {
    const { line, column } = at.source.position(at.start);
    output.note(`cannot be read: ${at.source.path}:${line}:${column}: ${what}`);
  }
  if (output.format === 'json') {
    output.result(toJson(summary), () => '');
    return;
  }
  switch (options.format ?? 'people') {
    case 'sarif':
      output.result(null, () => JSON.stringify(toSarif(asked, byId, version()), null, 2));
      return;
    case 'github':
      if (summary.findings.length > 0) output.result(null, () => renderGithub(summary.findings));
      output.note(closing(summary));
      return;
    case 'junit':
      output.result(null, () => renderJunit(summary));
      return;
    case 'people': {
      const parts = [
        ...(summary.findings.length > 0
          ? [renderPeople(summary.findings, byId, (style, text) => output.paint(style, text))]
          : []),
        ...(asked.questions.length > 0
          ? [renderQuestions(asked.questions, (style, text) => output.paint(style, text))]
          : []),
        closing(summary, options.ask),
      ];
      output.result(null, () => parts.join('\n\n'));
    }
  }
}

function closing({ files, findings, questions, ignored, known, problems }: Summary, asked = true): string {
  const count = (severity: string) => findings.filter((it) => it.severity === severity).length;
  const counts = [
    [count('error'), 'errors'],
    [count('warning'), 'warnings'],
    [count('info'), 'hints'],
    [ignored, 'ignored'],
    [known, 'known'],
    [problems.length, 'files that cannot be read'],
  ] as const;
  const said = counts
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number} ${number === 1 ? singular(word) : word}`);
  const open =
    questions.length > 0 && !asked
      ? ` ${questions.length} ${questions.length === 1 ? 'question is' : 'questions are'} open: --ask shows ${questions.length === 1 ? 'it' : 'them'}.`
      : '';
  return `${files} ${files === 1 ? 'file' : 'files'}: ${said.length === 0 ? 'nothing found' : said.join(', ')}.${open}`;
}

function singular(word: string): string {
  return word === 'files that cannot be read' ? 'file that cannot be read' : word.replace(/s$/, '');
}
