// The command's work: read, judge, leave out what is known, mend if asked, print, and say by the exit code what came of it.
import { readFileSync, writeFileSync } from 'node:fs';
import { LastcallError, messageOf } from '../../base/errors.ts';
import {
  collect,
  diffOf,
  explain,
  findRule,
  fixAll,
  judge,
  kindOf,
  longestRequestOf,
  readBaseline,
  readBeside,
  readPaths,
  render,
  renderBaseline,
  type Rule,
  RULES,
  type Source,
  sourceOf,
  type Summary,
  withoutKnown,
} from '../../lint/index.ts';
import type { Output } from '../output.ts';
import type { LintOptions } from './options.ts';
import { print } from './print.ts';

const EXIT_FINDINGS = 1;
const EXIT_USAGE = 2;
const STDIN_BYTES_MAX = 64 * 2 ** 20;

export async function runLint(paths: readonly string[], options: LintOptions, output: Output): Promise<number> {
  if (options.explain !== undefined) {
    const rule = findRule(options.explain, RULES);
    output.result({ ...rule, check: undefined }, () => explain(rule));
    return 0;
  }
  if (paths.length === 0) {
    throw new LastcallError('usage', {
      what: 'this argument is missing',
      on: 'PATH',
      todo: 'Name a file or a folder, such as `lastcall lint .`.',
    });
  }
  const rules = chosen(options.rule);
  const { sources, skipped } = await read(paths, options.render);
  for (const { path, why } of skipped) output.note(`skipped ${path}: ${why}`);
  const summary = look(sources, rules, options, paths);
  if (options.writeBaseline !== undefined) {
    write(options.writeBaseline, renderBaseline(summary.findings));
    output.note(`${summary.findings.length} findings written to ${options.writeBaseline}.`);
    return summary.problems.length > 0 ? EXIT_USAGE : 0;
  }
  if (options.fix || options.diff) return mend(summary, options, output);
  print(summary, options, rules, output);
  return exitCodeOf(summary);
}

function exitCodeOf({ problems, ok }: Summary): number {
  if (problems.length > 0) return EXIT_USAGE;
  return ok ? 0 : EXIT_FINDINGS;
}

function look(
  sources: readonly Source[],
  rules: readonly Rule[],
  options: LintOptions,
  paths: readonly string[],
): Summary {
  const drillMs =
    options.fromDrill === undefined ? undefined : longestRequestOf(text(options.fromDrill), options.fromDrill);
  const collected = collect(sources, { longestRequestMs: options.longestRequest ?? drillMs, beside: readBeside });
  if (collected.recognised === 0 && collected.problems.length === 0 && paths.length > 0) {
    // A hook passes every YAML that was changed; a README was meant to be something else.
    const named = paths.filter(
      (path) =>
        path !== '-' &&
        kindOf(path) === undefined &&
        sources.some((source) => source.path === path.replace(/^\.\//, '')),
    );
    if (named.length === paths.length) {
      throw new LastcallError('usage', {
        what: 'nothing in it is a Dockerfile, a manifest, a compose file, a unit, a job or a task definition',
        on: named.join(', '),
        todo: 'Name other files; `lastcall lint --help` says what is read.',
      });
    }
  }
  const judged = judge(collected, rules, options.severity ?? 'info');
  const baseline =
    options.baseline === undefined ? new Map<string, number>() : readBaseline(text(options.baseline), options.baseline);
  const { fresh, known } = withoutKnown(judged.findings, baseline);
  const questions = options.ask ? judged.questions : [];
  return {
    files: collected.recognised,
    findings: fresh,
    questions: judged.questions,
    problems: collected.problems,
    ignored: judged.ignored,
    known,
    ok: fresh.length === 0 && questions.length === 0 && collected.problems.length === 0,
  };
}

/** What cannot be mended stays a finding, and so does the exit code. */
function mend(summary: Summary, options: LintOptions, output: Output): number {
  const fixed = fixAll(summary.findings).filter(
    ({ source }) => source.path !== '-' && !/ \((?:helm|kustomize|kubectl)\)$/.test(source.path),
  );
  const count = fixed.reduce((sum, it) => sum + it.count, 0);
  if (!options.diff)
    for (const { source, text: content } of fixed) write(source.path, source.hadMark ? `\ufeff${content}` : content);
  const left = summary.findings.length - count;
  output.result(
    {
      schema: 'lastcall.lint-fix/1',
      applied: !options.diff,
      fixed: count,
      left,
      files: fixed.map(({ source }) => source.path),
    },
    () =>
      [
        ...(options.diff ? fixed.map(diffOf) : fixed.map(({ source, count: own }) => `${source.path}: ${own} mended`)),
        `${count} ${options.diff ? 'can be mended' : 'mended'}, ${left} left.`,
      ].join('\n'),
  );
  if (summary.problems.length > 0) return EXIT_USAGE;
  return left > 0 || (options.diff && count > 0) ? EXIT_FINDINGS : 0;
}

function chosen(list: string | undefined): readonly Rule[] {
  if (list === undefined) return RULES;
  return list.split(',').map((id) => findRule(id.trim(), RULES));
}

async function read(
  paths: readonly string[],
  rendering: boolean,
): Promise<{ sources: Source[]; skipped: readonly { path: string; why: string }[] }> {
  const rendered: Source[] = [];
  const plain: string[] = [];
  for (const path of paths) {
    if (path === '-') {
      rendered.push(sourceOf('-', await stdin()));
      continue;
    }
    const source = rendering ? render(path) : undefined;
    if (source) rendered.push(source);
    else plain.push(path);
  }
  const { sources, skipped } = readPaths(plain);
  return { sources: [...rendered, ...sources], skipped };
}

async function stdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > STDIN_BYTES_MAX)
      throw new LastcallError('usage', {
        what: `stdin is larger than ${STDIN_BYTES_MAX / 2 ** 20} MiB`,
        on: '-',
        todo: 'Pass less at once.',
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new LastcallError('usage', {
      what: messageOf(error),
      on: path,
      todo: 'Check that the file exists and that you may read it.',
      cause: error,
    });
  }
}

function write(path: string, content: string): void {
  try {
    writeFileSync(path, content);
  } catch (error) {
    throw new LastcallError('io', {
      what: messageOf(error),
      on: path,
      todo: 'Check that you may write there.',
      cause: error,
    });
  }
}
