// Compose files → services, as `docker compose` would put them together: override files over their base, `extends` followed
// within the run, anchors and merges already resolved by the YAML reader. Variables (`${X:-y}`) stay unknstart.
import { posix } from 'node:path';
import { imageFacts } from '../known/images.ts';
import type { Image } from '../subjects/image.ts';
import type { ComposeService } from '../subjects/tasks.ts';
import type { Variable } from '../subjects/program.ts';
import type { Tree } from '../tree/tree.ts';
import { containerLaunch } from './container-launch.ts';
import { goDurationMs } from '../source/durations.ts';
import type { Reading } from './reading.ts';

export interface ComposeFile {
  readonly path: string;
  readonly root: Tree;
  readonly reading: Reading;
  /** Builds a service's image from its Dockerfile, if that is at hand. */
  imageOf(dockerfile: string, target: string | undefined): Image | undefined;
  /** Another compose file by its path, for `extends`. */
  other(path: string): Tree | undefined;
}

const EXTENDS_MAX = 8;
export const COMPOSE_GRACE_MS = 10_000;

export function isComposeName(path: string): boolean {
  return /(?:^|[/._-])(?:docker-)?(?:compose|stack)[\w.-]*\.ya?ml$/i.test(path) && !/\.github\//.test(path);
}

export function isCompose(root: Tree, path: string): boolean {
  if (root.get('apiVersion').exists || root.get('services').kind !== 'map') return false;
  const services = root.get('services').entries();
  return services.some(
    ({ value }) =>
      value.get('image').exists || value.get('build').exists || (isComposeName(path) && value.kind === 'map'),
  );
}

/** The file that an override stands over: `compose.override.yaml` over `compose.yaml`. */
export function basesOf(path: string): string[] {
  const folder = posix.dirname(path);
  return ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml']
    .map((name) => posix.join(folder, name))
    .filter((base) => base !== path);
}

export function isOverride(path: string): boolean {
  return /\.override\.ya?ml$/i.test(path);
}

/** Services of a file; `over` are the files that stand over it, `under` the ones that it stands over. */
export function readCompose(file: ComposeFile, over: readonly Tree[], under: readonly Tree[]): ComposeService[] {
  return file.root
    .get('services')
    .entries()
    .filter(({ value }) => value.kind === 'map')
    .map(({ key, keySpan, value }) => {
      const layers = [...over, file.root, ...under]
        .map((root) => root.get('services', key))
        .filter((tree) => tree.kind === 'map');
      const all = [...layers, ...layers.flatMap((layer) => extended(layer, file, 0))];
      const declared = [value, ...all].find((tree) => tree.get('image').exists || tree.get('build').exists) ?? value;
      return serviceOf(key, declared === value ? keySpan : declared.keySpan, declared, all, file);
    });
}

function extended(tree: Tree, file: ComposeFile, depth: number): Tree[] {
  const from = tree.get('extends');
  const name = from.kind === 'map' ? from.get('service').text() : from.text();
  if (name === undefined || depth >= EXTENDS_MAX) return [];
  const path = from.get('file').text();
  const root = path === undefined ? file.root : file.other(posix.join(posix.dirname(file.path), path));
  const parent = root?.get('services', name);
  return parent?.kind === 'map' ? [parent, ...extended(parent, file, depth + 1)] : [];
}

function serviceOf(
  name: string,
  span: ComposeService['span'],
  tree: Tree,
  layers: readonly Tree[],
  file: ComposeFile,
): ComposeService {
  const get = (...path: readonly string[]) =>
    layers.map((layer) => layer.get(...path)).find((it) => it.exists) ?? tree.get(...path);
  const image = builtImage(get('build'), file);
  const imageText = get('image').text();
  const isBuilt = get('build').exists;
  const facts = image ? imageFacts(image.base) : imageFacts(isBuilt ? undefined : imageText);
  const start = containerLaunch({
    command: get('entrypoint'),
    args: get('command'),
    image,
    entrypoint: facts.entrypoint,
    form: 'words',
    reading: file.reading,
    fallback: span,
  });
  const graceTree = get('stop_grace_period');
  const graceMs = graceTree.exists ? (goDurationMs(graceTree.text()) ?? null) : COMPOSE_GRACE_MS;
  const init = get('init');
  const signal = get('stop_signal');
  return {
    name,
    span,
    tree,
    get,
    program: {
      platform: 'compose',
      label: `service ${name}`,
      span,
      launch: start.launch,
      launchSpan: start.span,
      image: isBuilt ? undefined : imageText,
      base: image ? image.base : isBuilt ? undefined : imageText,
      facts,
      environment: environmentOf(layers),
      grace: { ms: graceMs, span: graceTree.exists ? graceTree.span : undefined, setting: 'stop_grace_period' },
      preStopMs: 0,
      signal: signal.text() === undefined ? signalOf(image) : { value: signal.text()!, span: signal.span },
      isFirstProcess: get('pid').text() !== 'host' && start.isCertain,
      hasInit: init.exists ? (init.boolean() ?? null) : start.isCertain ? false : null,
      role: isOneShot(name, get, file.root) ? 'job' : 'server',
      partial: file.reading.partial,
      handlesSigterm: file.reading.handlesSigterm,
      longestRequestMs: file.reading.longestRequestMs(tree.span.start),
      code: start.code,
      codeSpan: start.codeSpan,
    },
  };
}

/** A service that does something and ends: others wait for its end, or its name says so. */
function isOneShot(name: string, get: ComposeService['get'], root: Tree): boolean {
  if (/(?:^|[-_])(?:seed\w*|init|setup|migrat\w*|tests?|installer|builder|bootstrap|create\w*)(?:$|[-_])/i.test(name))
    return true;
  if (get('restart').raw === 'no' && get('restart').exists && !get('ports').exists) return true;
  const services = root.get('services').entries();
  return services.some(
    ({ value }) => value.get('depends_on', name, 'condition').text() === 'service_completed_successfully',
  );
}

function signalOf(image: Image | undefined) {
  const signal = image?.stopSignal;
  return signal?.value === undefined ? undefined : { value: signal.value, span: signal.span };
}

function builtImage(build: Tree, file: ComposeFile): Image | undefined {
  if (!build.exists) return undefined;
  const context =
    build.kind === 'scalar' ? build.text() : build.get('context').exists ? build.get('context').text() : '.';
  if (context === undefined || /^\w+:\/\/|^git@/.test(context)) return undefined;
  const dockerfile = build.get('dockerfile').exists ? build.get('dockerfile').text() : 'Dockerfile';
  if (dockerfile === undefined) return undefined;
  const path = posix.join(posix.dirname(file.path), context, dockerfile);
  return file.imageOf(path, build.get('target').text());
}

/** A map, or a list of `NAME=value`; the topmost file that has a name wins. */
function environmentOf(layers: readonly Tree[]): ReadonlyMap<string, Variable> {
  const variables = new Map<string, Variable>();
  for (const layer of layers.toReversed()) {
    const tree = layer.get('environment');
    for (const { key, value } of tree.entries()) variables.set(key, { value: value.text(), span: value.span });
    for (const item of tree.items()) {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(item.raw ?? '') ?? [];
      if (key !== undefined) variables.set(key, { value: item.isTemplated ? undefined : value, span: item.span });
    }
  }
  return variables;
}
