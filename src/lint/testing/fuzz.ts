// Inputs that no person would write: pieces of the corpus cut, doubled, swapped and spoilt, and words of the formats thrown
// together. Every one goes through the whole linter; what counts is that it answers, and soon.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SeededRandom, type Random } from '../../base/random.ts';
import { fixAll } from '../fix.ts';
import { collect, judge, RULES, Source, toJson } from '../index.ts';

const CORPUS = fileURLToPath(new URL('../testdata/corpus/', import.meta.url));

/** Parser → the name that a text gets, and which files of the corpus are its seeds. */
export const PARSERS = {
  dockerfile: { name: 'Dockerfile', seeds: /Dockerfile$/ },
  kubernetes: { name: 'pod.yaml', seeds: /(?:k8s|helm|kserve|knative|ray|rollout)[^]*\.yaml$/ },
  compose: { name: 'compose.yaml', seeds: /compose[^/]*\.ya?ml$/ },
  json: { name: 'task.json', seeds: /\.json$/ },
  hcl: { name: 'job.nomad', seeds: /\.(?:nomad|hcl)$/ },
  systemd: { name: 'x.service', seeds: /\.service$/ },
} as const;

export type ParserName = keyof typeof PARSERS;

const WORDS =
  'FROM RUN CMD ENTRYPOINT [ ] { } ( ) " \' \\ \n \r\n \t # // /* */ : - --- ... & * &a *a << !!x | > % @ ` $ ${ }} {{ <<EOF EOF = , ; && || apiVersion kind spec containers command args name job group task service [Service] ExecStart TimeoutStopSec infinity null ~ true 0 -1 1e999 99999999999999999999 \u0000 \ufeff é 漢 \ud800'.split(
    ' ',
  );

export interface Fuzzed {
  readonly inputs: number;
  readonly slowestMs: number;
  readonly findings: number;
}

/** @throws the linter's own error, with the input in its message; an Error for an input that takes too long */
export function fuzz(parser: ParserName, count: number, seed: number, limitMs: number): Fuzzed {
  const random = new SeededRandom(seed);
  const seeds = seedsOf(PARSERS[parser].seeds);
  let slowestMs = 0;
  let findings = 0;
  for (let input = 0; input < count; input++) {
    const text = mutated(random, seeds);
    const started = process.cpuUsage();
    try {
      findings += lintText(PARSERS[parser].name, text);
    } catch (error) {
      throw new Error(`${parser}, seed ${seed}, input ${input}: ${JSON.stringify(text)}`, { cause: error });
    }
    // What it costs, not what it waited for a busy machine.
    const { user, system } = process.cpuUsage(started);
    const tookMs = (user + system) / 1_000;
    slowestMs = Math.max(slowestMs, tookMs);
    if (tookMs > limitMs)
      throw new Error(`${parser}, seed ${seed}, input ${input} took ${tookMs} ms of CPU: ${JSON.stringify(text)}`);
  }
  return { inputs: count, slowestMs, findings };
}

/** Everything that the command does with a text, printing left out. */
function lintText(name: string, text: string): number {
  const collected = collect([new Source(name, text)], { longestRequestMs: 30_000, beside: () => undefined });
  const judged = judge(collected, RULES, 'info');
  fixAll(judged.findings);
  toJson({ ...judged, problems: collected.problems, files: 1, known: 0, ok: true });
  return judged.findings.length;
}

function seedsOf(pattern: RegExp): string[] {
  const paths = readdirSync(CORPUS, { recursive: true, encoding: 'utf8' }).filter((path) => pattern.test(path));
  return paths.sort().map((path) => readFileSync(join(CORPUS, path), 'utf8'));
}

function mutated(random: Random, seeds: readonly string[]): string {
  if (random.below(8) === 0)
    return Array.from({ length: random.below(60) }, () => word(random)).join(random.below(2) === 0 ? ' ' : '');
  let text = seeds[random.below(seeds.length)]!;
  // Short texts come to their point; whole ones now and then.
  if (random.below(4) > 0) {
    const start = random.below(3) === 0 ? 0 : random.below(text.length);
    text = text.slice(start, start + 40 + random.below(800));
  }
  for (let change = random.below(6); change >= 0; change--) text = changed(random, text, seeds);
  return text.slice(0, 20_000);
}

function changed(random: Random, text: string, seeds: readonly string[]): string {
  const at = random.below(text.length + 1);
  const length = random.below(30);
  switch (random.below(7)) {
    case 0:
      return text.slice(0, at) + text.slice(at + length);
    case 1:
      return text.slice(0, at) + text.slice(at, at + length).repeat(1 + random.below(6)) + text.slice(at + length);
    case 2:
      return text.slice(0, at) + word(random) + text.slice(at);
    case 3:
      return text.slice(0, at) + word(random) + text.slice(at + 1);
    case 4: {
      const other = seeds[random.below(seeds.length)]!;
      const from = random.below(other.length);
      return text.slice(0, at) + other.slice(from, from + 100) + text.slice(at);
    }
    case 5:
      return (
        text.slice(0, at) + String.fromCharCode(random.below(random.below(2) === 0 ? 128 : 65_536)) + text.slice(at)
      );
    default:
      return text.slice(at) + text.slice(0, at);
  }
}

function word(random: Random): string {
  return WORDS[random.below(WORDS.length)]!;
}
