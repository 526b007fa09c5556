// What a container starts: the manifest's command and args over the image's ENTRYPOINT and CMD, and the scripts and sources
// that lie beside the Dockerfile and are copied into the image.
import { posix } from 'node:path';
import type { ImageFacts } from '../known/images.ts';
import type { Source, Span } from '../source/source.ts';
import type { Image } from '../subjects/image.ts';
import type { Launch } from '../subjects/launch.ts';
import { Tree } from '../tree/tree.ts';
import { programName, readLaunch } from './launch.ts';
import type { Reading } from './reading.ts';
import { splitWords } from './shell.ts';

export interface Start {
  readonly launch: Launch | undefined;
  readonly span: Span;
  /** The source of the program, if it lies beside the Dockerfile. */
  readonly code: string | undefined;
  readonly codeSpan: Span | undefined;
  /** False if an ENTRYPOINT that nobody has seen stands before the words. */
  readonly isCertain: boolean;
}

export interface StartParts {
  /** Replaces the image's ENTRYPOINT. */
  readonly command: Tree;
  /** Replaces the image's CMD. */
  readonly args: Tree;
  readonly image: Image | undefined;
  /** What the ENTRYPOINT of the image is known to do, where there is no Dockerfile. */
  readonly entrypoint: ImageFacts['entrypoint'];
  /** How scalars are split: compose and others split a text into words. */
  readonly form: Launch['form'];
  readonly reading: Reading;
  readonly fallback: Span;
}

export function containerLaunch(parts: StartParts): Start {
  const { command, args, image } = parts;
  const nothing = unknownStart(parts.fallback);
  if (command.exists) {
    const words = [...wordsOf(command), ...wordsOf(args)];
    if (words.length === 0 || isFilledIn(command) || hasUnknown(words[0]!)) return nothing;
    return finish(words, parts.form, command.span, parts);
  }
  if (image) {
    const start = imageStart(image, args.exists ? wordsOf(args) : undefined);
    if (!start) return nothing;
    parts.reading.use(image);
    return finish(start.words, start.form, args.exists ? args.span : start.span, parts);
  }
  const words = wordsOf(args);
  if (words.length === 0 || isFilledIn(args) || hasUnknown(words[0]!)) return nothing;
  const start = finish(words, parts.form, args.span, parts);
  return { ...start, isCertain: parts.entrypoint !== undefined };
}

function unknownStart(span: Span): Start {
  return { launch: undefined, span, code: undefined, codeSpan: undefined, isCertain: false };
}

/** The launch of an image by itself. */
export function imageLaunch(image: Image, reading: Reading): Start {
  const start = imageStart(image, undefined);
  const none = Tree.missing(image.source);
  const parts: StartParts = {
    command: none,
    args: none,
    image,
    entrypoint: undefined,
    form: 'exec',
    reading,
    fallback: image.fromSpan,
  };
  if (!start) return unknownStart(image.fromSpan);
  return finish(start.words, start.form, start.span, parts);
}

function imageStart(image: Image, args: readonly string[] | undefined) {
  const { entrypoint, command } = image;
  // The shell form of ENTRYPOINT takes no arguments; a CMD in shell form reaches an ENTRYPOINT as `sh -c TEXT`.
  if (entrypoint) {
    if (!entrypoint.words)
      return { words: [entrypoint.text], form: 'shell-form' as const, span: entrypoint.argumentsSpan };
    const rest = args ?? command?.words ?? (command ? ['/bin/sh', '-c', command.text] : []);
    if (entrypoint.words.length === 0)
      return rest.length === 0
        ? undefined
        : { words: rest, form: 'exec' as const, span: (command ?? entrypoint).argumentsSpan };
    return { words: [...entrypoint.words, ...rest], form: 'exec' as const, span: entrypoint.argumentsSpan };
  }
  if (args) return { words: args, form: 'exec' as const, span: image.fromSpan };
  if (!command) return undefined;
  return command.words
    ? { words: command.words, form: 'exec' as const, span: command.argumentsSpan }
    : { words: [command.text], form: 'shell-form' as const, span: command.argumentsSpan };
}

function finish(words: readonly string[], form: Launch['form'], span: Span, parts: StartParts): Start {
  const { image, reading } = parts;
  const script = (path: string) => (image ? copiedFile(image, path, reading)?.text : undefined);
  const launch = readLaunch(words, form, { script });
  const file = launch.args.find((word) => /\.(?:py|js|mjs|cjs|ts)$/.test(word));
  const isInterpreter = ['python', 'node'].includes(launch.program);
  const code = image && isInterpreter && file !== undefined ? copiedFile(image, file, reading) : undefined;
  return { launch, span, code: code?.text, codeSpan: code?.span(0, 0), isCertain: true };
}

/** A file of the build context by its path in the image. */
function copiedFile(image: Image, path: string, reading: Reading): Source | undefined {
  if (path.includes('$') || !/\.\w+$|entrypoint|start|run/i.test(path)) return undefined;
  if (['sh', 'bash'].includes(programName(path))) return undefined;
  const absolute = path.startsWith('/') ? path : posix.join(image.workdir, path);
  const context = posix.dirname(image.source.path);
  for (const { from, to } of image.copied.toReversed()) {
    const target = to.startsWith('/') ? to : posix.join(image.workdir, to);
    for (const item of from) {
      if (/[*?$]|^https?:/.test(item)) continue;
      const inContext = candidates(item, target, absolute);
      for (const candidate of inContext) {
        const found = reading.beside(posix.join(context, candidate));
        if (found) return found.source;
      }
    }
  }
  // An ENTRYPOINT without a path is found in PATH, where COPY may have put it.
  if (!path.includes('/')) {
    const item = image.copied.flatMap(({ from }) => from).find((it) => posix.basename(it) === path);
    return item === undefined ? undefined : reading.beside(posix.join(context, item))?.source;
  }
  return undefined;
}

/** Paths in the build context that COPY may have put at `absolute`. */
function candidates(item: string, target: string, absolute: string): string[] {
  const base = posix.basename(item);
  const folder = target.endsWith('/') ? target.slice(0, -1) : target;
  const paths: string[] = [];
  if (absolute === target || absolute === posix.join(folder, base)) paths.push(item);
  if (absolute.startsWith(`${folder === '' ? '' : folder}/`))
    paths.push(posix.join(item, absolute.slice(folder.length + 1)));
  if (posix.normalize(folder) === posix.normalize(posix.dirname(absolute)) || folder === '.')
    paths.push(posix.join(item, posix.basename(absolute)));
  return paths;
}

function wordsOf(tree: Tree): string[] {
  if (tree.kind === 'list') return tree.items().map((item) => item.raw ?? '');
  return tree.exists ? splitWords(tree.raw ?? '') : [];
}

function isFilledIn(tree: Tree): boolean {
  return tree.kind === 'scalar' && tree.isTemplated && /^\s*(?:\{\{|\u27e6|\$\{|<%)/.test(tree.raw ?? '');
}

function hasUnknown(word: string): boolean {
  return /^\s*(?:\{\{|\u27e6|\$\{|<%)/.test(word);
}
