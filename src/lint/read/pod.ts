// Pod specs → containers with their programs, hooks and environment.
import { imageFacts } from '../known/images.ts';
import type { Container, Pod, PreStop, Role } from '../subjects/cluster.ts';
import type { Program, Variable } from '../subjects/program.ts';
import type { Tree } from '../tree/tree.ts';
import { goDurationMs, secondsMs } from '../source/durations.ts';
import { containerLaunch } from './container-launch.ts';
import type { Reading } from './reading.ts';
import { readShell } from './shell.ts';
import { shown } from '../tree/template.ts';

export interface PodParts {
  readonly template: Tree;
  readonly spec: Tree;
  readonly label: string;
  readonly role: Role;
  readonly graceFor: { readonly setting: string; readonly defaultMs: number; readonly tree: Tree };
  readonly reading: Reading;
}

export function readPod(parts: PodParts): Pod {
  const { template, spec, graceFor } = parts;
  const { tree, defaultMs } = graceFor;
  const ownMs = tree.number();
  const graceMs = ownMs === undefined ? (tree.exists || parts.reading.partial ? null : defaultMs) : ownMs * 1_000;
  const labels = new Map<string, string>();
  for (const { key, value } of template.get('metadata', 'labels').entries()) {
    const text = value.text();
    if (text !== undefined) labels.set(key, text);
  }
  const read = (container: Tree, isNativeSidecar: boolean) => readContainer(container, parts, graceMs, isNativeSidecar);
  const native = spec
    .get('initContainers')
    .items()
    .filter((it) => it.get('restartPolicy').text() === 'Always');
  return {
    spec,
    labels,
    annotations: template.get('metadata', 'annotations'),
    graceMs,
    graceTree: tree,
    containers: spec
      .get('containers')
      .items()
      .filter((it) => it.kind === 'map')
      .map((it) => read(it, false)),
    sidecars: native.map((it) => read(it, true)),
  };
}

function readContainer(tree: Tree, parts: PodParts, graceMs: number | null, isNativeSidecar: boolean): Container {
  const name = tree.get('name').raw ?? '';
  const nameTree = tree.get('name').exists ? tree.get('name') : tree;
  const preStop = preStopOf(tree.get('lifecycle', 'preStop'));
  const imageText = tree.get('image').text();
  const built = imageText === undefined ? undefined : parts.reading.imageNamed(imageText);
  const start = containerLaunch({
    command: tree.get('command'),
    args: tree.get('args'),
    image: built,
    entrypoint: imageFacts(imageText).entrypoint,
    form: 'exec',
    reading: parts.reading,
    fallback: nameTree.span,
  });
  const environment = new Map<string, Variable>();
  for (const variable of tree.get('env').items()) {
    const key = variable.get('name').text();
    if (key !== undefined)
      environment.set(key, {
        value: variable.get('value').text(),
        span: variable.get('value').exists ? variable.get('value').span : variable.span,
      });
  }
  const shares = parts.spec.get('shareProcessNamespace').boolean() === true;
  const stop = tree.get('lifecycle', 'stopSignal').text();
  const signal =
    stop === undefined ? built?.stopSignal : { value: stop, span: tree.get('lifecycle', 'stopSignal').span };
  const program: Program = {
    platform: 'kubernetes',
    label: `container ${shown(name)} of ${parts.label}`,
    span: nameTree.span,
    launch: start.launch,
    launchSpan: start.span,
    image: imageText,
    base: built ? built.base : imageText,
    facts: built ? imageFacts(built.base) : imageFacts(imageText),
    environment,
    grace: {
      ms: graceMs,
      span: parts.graceFor.tree.exists ? parts.graceFor.tree.span : undefined,
      setting: parts.graceFor.setting,
    },
    preStopMs: preStop?.sleepMs ?? 0,
    signal: signal?.value === undefined ? undefined : { value: signal.value, span: signal.span },
    isFirstProcess: !shares && start.isCertain,
    hasInit: shares ? true : start.isCertain ? false : null,
    role: parts.role === 'job' ? 'job' : 'server',
    partial: parts.reading.partial,
    handlesSigterm: parts.reading.handlesSigterm,
    longestRequestMs: parts.reading.longestRequestMs(tree.span.start),
    code: start.code,
    codeSpan: start.codeSpan,
  };
  return { name, tree, span: nameTree.span, program, isNativeSidecar, preStop };
}

function preStopOf(tree: Tree): PreStop | undefined {
  if (!tree.exists) return undefined;
  if (tree.get('sleep').exists) {
    const seconds = tree.get('sleep', 'seconds').number();
    return { tree, kind: 'sleep', words: [], sleepMs: seconds === undefined ? 0 : seconds * 1_000 };
  }
  if (tree.get('exec').exists) {
    const words = tree
      .get('exec', 'command')
      .each()
      .map((word) => word.raw ?? '');
    return { tree, kind: 'exec', words, sleepMs: sleepOf(words) };
  }
  return { tree, kind: tree.get('httpGet').exists ? 'http' : 'other', words: [], sleepMs: 0 };
}

/** Sum of the sleeps that run for certain: at the top level, not in a loop, not in the background. */
function sleepOf(words: readonly string[]): number {
  const shell = words.findIndex((word) => /^-[a-z]*c$/.test(word));
  const isShell = /(?:^|\/)(?:ba|da|a|z)?sh$/.test(words[0] ?? '');
  if (!isShell) return isSleep(words) ? sleepMs(words) : 0;
  const script = readShell(words[shell + 1] ?? '');
  return script.commands
    .filter(({ words: it, depth, then }) => isSleep(it) && depth === 0 && then !== '&')
    .reduce((sum, { words: it }) => sum + sleepMs(it), 0);
}

function isSleep(words: readonly string[]): boolean {
  return /(?:^|\/)sleep$/.test(words[0] ?? '');
}

function sleepMs(words: readonly string[]): number {
  return words.slice(1).reduce((sum, word) => sum + (secondsMs(word) ?? goDurationMs(word) ?? 0), 0);
}
