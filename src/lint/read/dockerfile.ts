// Dockerfile → the images that its stages build. The parser is dockerfile-ast; what a stage inherits from another stage of
// the same file is followed here, since a CMD three stages up still is the command of the image.
import { DockerfileParser, type Instruction } from 'dockerfile-ast';
import type { Source, Span } from '../source/source.ts';
import type { CommandInstruction, Copied, Image } from '../subjects/image.ts';

export interface Dockerfile {
  readonly source: Source;
  readonly stages: readonly Stage[];
}

interface Stage {
  readonly name: string | undefined;
  readonly from: string;
  readonly instructions: readonly Parsed[];
  readonly span: Span;
}

interface Parsed {
  readonly keyword: string;
  readonly text: string;
  readonly span: Span;
  readonly argumentsSpan: Span;
}

/** Beyond this a file is no Dockerfile that a person wrote, and the parser takes its time. */
const TEXT_MAX = 128 * 1024;

/** @throws Error if the parser gives up */
export function readDockerfile(source: Source): Dockerfile {
  if (source.text.length > TEXT_MAX) throw new Error(`it is larger than ${TEXT_MAX / 1024} KiB`);
  const parsed = DockerfileParser.parse(source.text)
    .getInstructions()
    .map((instruction) => read(source, instruction));
  const globals = new Map<string, string>();
  const stages: { name: string | undefined; from: string; instructions: Parsed[]; span: Span }[] = [];
  for (const instruction of parsed) {
    if (instruction.keyword === 'FROM') {
      const words = instruction.text.split(/\s+/).filter((word) => !word.startsWith('--'));
      const as = words.findIndex((word) => word.toLowerCase() === 'as');
      const name = as > 0 ? words[as + 1]?.toLowerCase() : undefined;
      stages.push({ name, from: fill(words[0] ?? '', globals), instructions: [], span: instruction.span });
    } else if (stages.length === 0) {
      const [, key, value] = /^(\w+)=(.*)$/.exec(instruction.keyword === 'ARG' ? instruction.text : '') ?? [];
      if (key !== undefined) globals.set(key, unquote(value!));
    } else stages.at(-1)!.instructions.push(instruction);
  }
  return { source, stages };
}

/** The image of a stage, by name or number; the last one if none is named. */
export function imageOf(file: Dockerfile, target?: string): Image | undefined {
  const index = target === undefined ? file.stages.length - 1 : stageIndex(file.stages, target, file.stages.length);
  const stage = file.stages[index];
  if (!stage) return undefined;
  const chain = [stage];
  for (let at = index; ;) {
    const parent: number = stageIndex(file.stages, chain[0]!.from.toLowerCase(), at);
    if (parent === -1) break;
    chain.unshift(file.stages[parent]!);
    at = parent;
  }
  return collect(file, stage, chain);
}

function stageIndex(stages: readonly Stage[], name: string, before: number): number {
  const byName = stages.slice(0, before).findLastIndex((stage) => stage.name === name.toLowerCase());
  if (byName !== -1) return byName;
  return /^\d+$/.test(name) && Number(name) < before ? Number(name) : -1;
}

function collect(file: Dockerfile, stage: Stage, chain: readonly Stage[]): Image {
  const base = chain[0]!.from;
  const image = {
    source: file.source,
    stage: stage.name,
    fromSpan: stage.span,
    base: base === '' || base.includes('$') ? undefined : base.toLowerCase(),
    command: undefined as CommandInstruction | undefined,
    entrypoint: undefined as CommandInstruction | undefined,
    shell: undefined as CommandInstruction | undefined,
    stopSignal: undefined as Image['stopSignal'],
    environment: new Map<string, { value: string; span: Span }>(),
    exposes: false,
    workdir: '/',
    copied: [] as Copied[],
    ran: '',
  };
  const runs: string[] = [];
  const steps = chain.flatMap(({ instructions }, level) =>
    instructions.map((instruction) => ({ ...instruction, level })),
  );
  let commandLevel = 0;
  for (const instruction of steps) {
    const { keyword, text, span, level } = instruction;
    if (keyword === 'CMD') {
      image.command = commandOf(instruction);
      commandLevel = level;
    } else if (keyword === 'ENTRYPOINT') {
      image.entrypoint = commandOf(instruction);
      // A new ENTRYPOINT empties the CMD of the stage below.
      if (commandLevel < level) image.command = undefined;
    } else if (keyword === 'SHELL') image.shell = commandOf(instruction);
    else if (keyword === 'STOPSIGNAL') image.stopSignal = { value: text.includes('$') ? undefined : text.trim(), span };
    else if (keyword === 'EXPOSE') image.exposes = true;
    else if (keyword === 'WORKDIR')
      image.workdir = text.startsWith('/') ? text.trim() : `${image.workdir}/${text.trim()}`;
    else if (keyword === 'RUN') runs.push(text);
    else if (keyword === 'ENV')
      for (const [key, value] of environmentOf(text)) image.environment.set(key, { value, span });
    else if (keyword === 'COPY' || keyword === 'ADD') {
      const copied = copiedOf(text);
      if (copied) image.copied.push(copied);
    }
  }
  return { ...image, ran: runs.join('\n') };
}

function commandOf({ keyword, text, span, argumentsSpan }: Parsed): CommandInstruction {
  const trimmed = text.trim();
  let words: readonly string[] | undefined;
  if (trimmed.startsWith('[')) {
    try {
      const value: unknown = JSON.parse(trimmed);
      if (Array.isArray(value) && value.every((word) => typeof word === 'string')) words = value;
    } catch {
      // Not JSON: docker runs it through the shell, brackets and all.
    }
  }
  const brokenJson =
    words === undefined && /^\[\s*['"\w/].*\]$/s.test(trimmed) && !/^\[\s/.test(trimmed.replace(/^\[\s*['"]/, '['));
  return { keyword, words, text: trimmed, brokenJson, span, argumentsSpan };
}

function environmentOf(text: string): [string, string][] {
  const pairs = [...text.matchAll(/([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*"|'[^']*'|[^\s]*)/g)];
  if (pairs.length > 0) return pairs.map(([, key, value]) => [key!, unquote(value!)]);
  const [, key, value] = /^([A-Za-z_]\w*)\s+(.*)$/s.exec(text) ?? [];
  return key === undefined ? [] : [[key, unquote(value!.trim())]];
}

/** Sources and target of a COPY from the build context; undefined for one from another stage. */
function copiedOf(text: string): Copied | undefined {
  if (/(?:^|\s)--from=/.test(text)) return undefined;
  let words: string[];
  if (text.trim().startsWith('[')) {
    try {
      words = JSON.parse(text.trim()) as string[];
    } catch {
      return undefined;
    }
    if (!Array.isArray(words) || !words.every((word) => typeof word === 'string')) return undefined;
  } else words = text.split(/\s+/).filter((word) => word !== '' && !word.startsWith('--'));
  return words.length < 2 ? undefined : { from: words.slice(0, -1), to: words.at(-1)! };
}

function fill(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})/g,
    (whole, plain?: string, braced?: string, fallback?: string) => {
      return values.get(plain ?? braced!) ?? fallback ?? whole;
    },
  );
}

function unquote(text: string): string {
  return /^(["']).*\1$/s.test(text) && text.length > 1 ? text.slice(1, -1) : text;
}

function read(source: Source, instruction: Instruction): Parsed {
  const range = instruction.getRange();
  const start = source.lineStart(range.start.line + 1) + range.start.character;
  const end = source.lineStart(range.end.line + 1) + range.end.character;
  const keyword = instruction.getKeyword();
  const first = instruction.getArgumentsRange();
  const argumentsStart = first ? source.lineStart(first.start.line + 1) + first.start.character : end;
  return {
    keyword,
    text: (instruction.getArgumentsContent() ?? '').replace(/\s*\n\s*/g, keyword === 'RUN' ? '\n' : ' '),
    span: source.span(start, end),
    argumentsSpan: source.span(argumentsStart, end),
  };
}
