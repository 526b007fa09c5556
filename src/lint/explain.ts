// `--explain RULE`: everything that there is to say about a rule.
import { LastcallError } from '../base/errors.ts';
import { suggestion } from '../base/nearest.ts';
import type { Example, Rule } from './rule.ts';

/** @throws LastcallError `usage` for a rule that does not exist */
export function findRule(id: string, rules: readonly Rule[]): Rule {
  const rule = rules.find((it) => it.id === id);
  if (rule) return rule;
  const names = rules.map((it) => it.id);
  throw new LastcallError('usage', {
    what: 'there is no such rule',
    on: id,
    todo: suggestion(id, names, `Rules are: ${names.join(', ')}.`),
  });
}

export function explain({ id, severity, title, why, source, bad, good }: Rule): string {
  return [
    `${id} (${severity})`,
    `${title}.`,
    '',
    why,
    '',
    `Documented: ${source}`,
    '',
    'Not like this:',
    ...shown(bad),
    '',
    'Like this:',
    ...shown(good),
  ].join('\n');
}

function shown(example: Example): string[] {
  return Object.entries(example).flatMap(([path, text]) => [
    '',
    `  # ${path}`,
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
  ]);
}
