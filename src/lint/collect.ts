// Texts → the world: every file is recognised by its content, read, and joined with the others. Pure: what is beside a
// file comes through a function.
import { posix } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { basesOf, type ComposeFile, isCompose, isOverride, readCompose } from './read/compose.ts';
import { imageLaunch } from './read/container-launch.ts';
import { type Dockerfile, imageOf, readDockerfile } from './read/dockerfile.ts';
import { isEcs, readEcs } from './read/ecs.ts';
import { isKubernetes, type Mutable, readObject } from './read/kubernetes.ts';
import { isNomad, readNomad } from './read/nomad.ts';
import type { Reading } from './read/reading.ts';
import { readUnitFile, unitOf, type UnitFile } from './read/systemd.ts';
import { systemdProgram } from './read/systemd-program.ts';
import { readComments, type Told } from './source/comments.ts';
import { kindOf } from './source/kinds.ts';
import { Source, type Span } from './source/source.ts';
import type { Cluster } from './subjects/cluster.ts';
import type { Image } from './subjects/image.ts';
import type { ComposeService, EcsContainer, NomadTask } from './subjects/tasks.ts';
import { imageProgram } from './read/image-program.ts';
import { ImageNames } from './image-names.ts';
import { readHcl } from './tree/hcl.ts';
import { type DocumentFile, readDocuments } from './tree/documents.ts';
import { looksLikeTemplate } from './tree/template.ts';
import type { Tree } from './tree/tree.ts';
import { readYaml, type YamlDocument } from './tree/yaml.ts';
import type { BuiltImage, SystemdService, World } from './world.ts';

/** A file that could not be read, or not wholly. */
export interface Problem {
  readonly at: Span;
  readonly what: string;
}

export interface Collected {
  readonly world: World;
  readonly problems: readonly Problem[];
  /** By path: the comments in it. */
  readonly told: ReadonlyMap<string, Told>;
  /** Files that hold something which the linter knows. */
  readonly recognised: number;
}

export interface CollectOptions {
  readonly longestRequestMs: number | undefined;
  /** Text of another file, for scripts and sources that an image starts. */
  beside(path: string): string | undefined;
}

export function collect(sources: readonly Source[], options: CollectOptions): Collected {
  return new Collector(options).run(sources);
}

class Collector {
  readonly #options: CollectOptions;
  readonly #problems: Problem[] = [];
  readonly #told = new Map<string, Told>();
  readonly #dockerfiles = new Map<string, Dockerfile>();
  readonly #names = new ImageNames();
  readonly #used = new Set<Source>();
  readonly #besides = new Map<string, { source: Source } | undefined>();
  readonly #cluster: Mutable = { workloads: [], resources: [] };
  readonly #compose: ComposeService[] = [];
  readonly #nomad: NomadTask[] = [];
  readonly #ecs: EcsContainer[] = [];
  readonly #systemd: SystemdService[] = [];
  readonly #composeRoots = new Map<string, DocumentFile>();
  #recognised = 0;

  constructor(options: CollectOptions) {
    this.#options = options;
  }

  run(sources: readonly Source[]): Collected {
    const yaml: DocumentFile[] = [];
    const units = new Map<string, { source: Source; file: UnitFile }>();
    const dropIns: Source[] = [];
    for (const source of sources) {
      this.#told.set(source.path, readComments(source));
      const kind = kindOf(source.path) ?? sniff(source.text);
      if (kind === 'dockerfile') this.#addDockerfile(source);
      else if (kind === 'unit') units.set(source.path, { source, file: readUnitFile(source) });
      else if (kind === 'drop-in') dropIns.push(source);
      else if (kind === 'hcl') this.#addHcl(source);
      else if (kind === 'yaml' || kind === 'json') {
        const file = readDocuments(source, kind);
        if (!file) continue;
        yaml.push(file);
        this.#problems.push(...file.problems);
      }
    }
    this.#addCompose(yaml);
    for (const file of yaml) this.#addDocuments(file);
    this.#addUnits(units, dropIns);
    return this.#finish();
  }

  #addDockerfile(source: Source): void {
    try {
      const file = readDockerfile(source);
      if (file.stages.length === 0) return;
      this.#recognised += 1;
      this.#dockerfiles.set(source.path, file);
      const image = imageOf(file);
      if (image) this.#names.addDockerfile(image);
    } catch (error) {
      this.#problem(source, messageOf(error));
    }
  }

  #addHcl(source: Source): void {
    if (!/\bjob\s+"/.test(source.text)) return;
    try {
      const root = readHcl(source);
      if (!isNomad(root)) return;
      this.#recognised += 1;
      this.#nomad.push(...readNomad(root, this.#reading(source, source.text.includes('[[ '))));
    } catch (error) {
      if (!looksLikeTemplate(source.text) && !source.text.includes('[[')) this.#problem(source, messageOf(error));
    }
  }

  #addCompose(files: readonly DocumentFile[]): void {
    for (const file of files) {
      const root = file.documents[0]?.root;
      if (root && isCompose(root, file.source.path)) this.#composeRoots.set(file.source.path, file);
    }
    for (const [path, file] of this.#composeRoots) {
      this.#recognised += 1;
      const root = file.documents[0]!.root;
      const compose: ComposeFile = {
        path,
        root,
        reading: this.#reading(file.source, file.partial),
        imageOf: (dockerfile, target) => this.#builtImage(dockerfile, target),
        other: (other) => this.#composeRoots.get(other)?.documents[0]?.root ?? this.#otherRoot(other),
      };
      const bases = basesOf(path).flatMap((base) => this.#composeRoots.get(base)?.documents[0]?.root ?? []);
      const overrides = [...this.#composeRoots].filter(([other]) => isOverride(other) && basesOf(other).includes(path));
      const over: Tree[] = isOverride(path) ? [] : overrides.map(([, { documents }]) => documents[0]!.root);
      this.#compose.push(...readCompose(compose, over, bases.slice(0, 1)));
    }
  }

  /** A file that is only extended, and was not named. */
  #otherRoot(path: string): Tree | undefined {
    const found = this.#beside(path);
    return found && readYaml(found.source).documents[0]?.root;
  }

  #builtImage(path: string, target: string | undefined): Image | undefined {
    const file = this.#dockerfiles.get(posix.normalize(path)) ?? this.#dockerfiles.get(path);
    return file ? imageOf(file, target) : undefined;
  }

  #addDocuments(file: DocumentFile): void {
    if (this.#composeRoots.has(file.source.path)) return;
    const reading = this.#reading(file.source, file.partial, file.documents);
    let isKnown = false;
    for (const { root } of file.documents) {
      if (isKubernetes(root)) readObject(root, reading, this.#cluster);
      else if (isNomad(root)) this.#nomad.push(...readNomad(root, reading));
      else if (isEcs(root)) this.#ecs.push(...readEcs(root, reading));
      else continue;
      isKnown = true;
    }
    if (isKnown) this.#recognised += 1;
  }

  #addUnits(units: ReadonlyMap<string, { source: Source; file: UnitFile }>, dropIns: readonly Source[]): void {
    for (const [path, { source, file }] of units) {
      if (!file.sections.has('Service')) continue;
      this.#recognised += 1;
      const name = posix.basename(path);
      const own = dropIns.filter((dropIn) => posix.basename(posix.dirname(dropIn.path)) === `${name}.d`);
      const sorted = own.sort((a, b) => (posix.basename(a.path) < posix.basename(b.path) ? -1 : 1));
      const unit = unitOf(source, name, file, sorted.map(readUnitFile));
      this.#systemd.push({
        unit,
        program: systemdProgram(unit, this.#reading(source, looksLikeTemplate(source.text))),
      });
    }
  }

  #finish(): Collected {
    const images: BuiltImage[] = [];
    for (const file of this.#dockerfiles.values()) {
      const image = imageOf(file);
      if (!image) continue;
      const reading = this.#reading(file.source, false);
      images.push({ image, program: imageProgram(image, imageLaunch(image, reading), reading) });
    }
    const cluster = withPatches(this.#cluster);
    const world: World = {
      programs: [
        ...cluster.workloads.flatMap(({ pod }) => [...pod.containers, ...pod.sidecars].map(({ program }) => program)),
        ...this.#compose.map(({ program }) => program),
        ...this.#nomad.map(({ program }) => program),
        ...this.#ecs.map(({ program }) => program),
        ...this.#systemd.map(({ program }) => program),
        // What another file starts is judged there, with everything that is known of the place.
        ...images.filter(({ image }) => !this.#used.has(image.source)).map(({ program }) => program),
      ],
      cluster,
      images,
      compose: this.#compose,
      nomad: this.#nomad,
      ecs: this.#ecs,
      systemd: this.#systemd,
    };
    return { world, problems: this.#problems, told: this.#told, recognised: this.#recognised };
  }

  #reading(source: Source, partial: boolean, documents: readonly YamlDocument[] = []): Reading {
    const told = this.#told.get(source.path);
    const requests = told?.longestRequests ?? [];
    return {
      source,
      partial,
      handlesSigterm: told?.handlesSigterm,
      longestRequestMs: (offset) => {
        const document = documents.find(({ start, end }) => start <= offset && offset < end);
        const inside = document
          ? requests.filter((it) => document.start <= it.offset && it.offset < document.end)
          : requests;
        const above = requests.filter((it) => it.offset < (documents[0]?.start ?? 0));
        return inside.at(-1)?.ms ?? above.at(-1)?.ms ?? this.#options.longestRequestMs;
      },
      imageNamed: (name) => this.#names.find(name),
      use: (image) => void this.#used.add(image.source),
      beside: (path) => this.#beside(path),
    };
  }

  #beside(path: string): { source: Source } | undefined {
    if (!this.#besides.has(path)) {
      const text = this.#options.beside(path);
      this.#besides.set(path, text === undefined ? undefined : { source: new Source(path, text) });
    }
    return this.#besides.get(path);
  }

  #problem(source: Source, what: string): void {
    this.#problems.push({ at: source.span(0, 0), what });
  }
}

/** What a patch of the run may add to a workload is not missing there. */
function withPatches({ workloads, resources }: Mutable): Cluster {
  const patched = new Set(workloads.filter(({ isPatch }) => isPatch).map(({ kind, name }) => `${kind} ${name}`));
  return {
    workloads: workloads.map((it) => (patched.has(`${it.kind} ${it.name}`) ? { ...it, partial: true } : it)),
    resources,
  };
}

/** Kind of a text that came without a name, from stdin. */
function sniff(text: string): 'yaml' | 'json' | 'unit' | 'dockerfile' | 'hcl' {
  if (/^\s*[[{]/.test(text)) return 'json';
  if (/^\[Service\]/m.test(text)) return 'unit';
  if (/^\s*job\s+"[^"]*"\s*\{/m.test(text)) return 'hcl';
  return /^(?:\s*#.*\n|\s*ARG\s.*\n|\s*\n)*\s*FROM\s/i.test(text) && !/^apiVersion:/m.test(text)
    ? 'dockerfile'
    : 'yaml';
}
