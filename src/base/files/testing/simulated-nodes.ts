// Files and directories of the simulated disk. Each keeps what is durable apart from what happened since its last sync,
// and on power loss draws what is left. Pessimistic where POSIX promises nothing: sectors of a file and names of a
// directory survive independently of each other and in any order; only a sector is whole, and a rename within one
// directory is all or nothing.
import type { Random } from '../../random.ts';

/** What a device writes as a whole, bytes. */
const SECTOR_BYTES = 512;

export type SimulatedNode = SimulatedFile | SimulatedDirectory;

export class SimulatedFile {
  readonly kind = 'file';
  content: Uint8Array = new Uint8Array(0);
  #durable: Uint8Array = new Uint8Array(0);
  /** The content after each change since the last sync, oldest first. */
  #unsynced: Uint8Array[] = [];

  write(bytes: Uint8Array, position: number): void {
    const grown = new Uint8Array(Math.max(this.content.length, position + bytes.length));
    grown.set(this.content);
    grown.set(bytes, position);
    this.#change(grown);
  }

  truncate(length: number): void {
    const cut = new Uint8Array(length);
    cut.set(this.content.subarray(0, length));
    this.#change(cut);
  }

  sync(): void {
    this.#durable = this.content;
    this.#unsynced = [];
  }

  /** The length and each sector are as they were after some change, or as they were synced; never written parts are 0. */
  losePower(random: Random): void {
    const versions = [this.#durable, ...this.#unsynced];
    const draw = versionDraw(random, versions.length);
    const left = new Uint8Array(versions[draw()]!.length);
    for (let start = 0; start < left.length; start += SECTOR_BYTES) {
      left.set(versions[draw()]!.subarray(start, Math.min(start + SECTOR_BYTES, left.length)), start);
    }
    this.content = left;
    this.sync();
  }

  #change(content: Uint8Array): void {
    this.content = content;
    this.#unsynced.push(content);
  }
}

/** Names that change together: a name with its node, or null for a name that is taken away. */
export type NameChange = readonly (readonly [name: string, node: SimulatedNode | null])[];

export class SimulatedDirectory {
  readonly kind = 'directory';
  names = new Map<string, SimulatedNode>();
  #durable: ReadonlyMap<string, SimulatedNode> = new Map();
  #unsynced: NameChange[] = [];

  change(change: NameChange): void {
    apply(this.names, change);
    this.#unsynced.push(change);
  }

  sync(): void {
    this.#durable = new Map(this.names);
    this.#unsynced = [];
  }

  losePower(random: Random): void {
    const survives = subsetDraw(random);
    this.names = new Map(this.#durable);
    for (const change of this.#unsynced) if (survives()) apply(this.names, change);
    this.sync();
  }
}

function apply(names: Map<string, SimulatedNode>, change: NameChange): void {
  for (const [name, node] of change) {
    if (node) names.set(name, node);
    else names.delete(name);
  }
}

/** A quarter of the crashes lose everything unsynced, a quarter nothing, and the rest mix. */
function versionDraw(random: Random, versions: number): () => number {
  const manner = random.below(4);
  if (manner === 0) return () => 0;
  if (manner === 1) return () => versions - 1;
  return () => random.below(versions);
}

function subsetDraw(random: Random): () => boolean {
  const manner = random.below(4);
  if (manner === 0) return () => false;
  if (manner === 1) return () => true;
  return () => random.below(2) === 1;
}
