// `lastcall lint`: shutdown mistakes in configuration files. Texts come in, findings go out; reading files and printing are
// the command's.
export { collect, type Collected, type Problem } from './collect.ts';
export { type Finding, type Question, type Severity } from './finding.ts';
export { judge, type Judgement } from './judge.ts';
export { RULES } from './rules/table.ts';
export { kindOf } from './source/kinds.ts';
export { Source } from './source/source.ts';
export { readBaseline, renderBaseline, withoutKnown } from './baseline.ts';
export { longestRequestOf } from './drill-report.ts';
export { explain, findRule } from './explain.ts';
export { readBeside, readPaths, sourceOf } from './files.ts';
export { diffOf, fixAll } from './fix.ts';
export { renderGithub } from './output/github.ts';
export { type Summary, toJson } from './output/json.ts';
export { renderJunit } from './output/junit.ts';
export { renderPeople, renderQuestions } from './output/people.ts';
export { toSarif } from './output/sarif.ts';
export { render } from './render.ts';
export type { Rule } from './rule.ts';
