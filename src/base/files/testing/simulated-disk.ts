// A disk in memory that can lose power. What was not fsynced is then dropped, torn or reordered, from a seed, so that
// durable procedures can be tested for what kill -9 never shows (the kernel keeps what a killed process wrote).
import { SeededRandom } from '../../random.ts';
import { OPERATION_NAMES } from '../layer.ts';
import type { AsyncFileOperations, FileLayer, FileOperations, OpenFlags } from '../layer.ts';
import { SimulatedDirectory, SimulatedFile } from './simulated-nodes.ts';
import type { SimulatedNode } from './simulated-nodes.ts';

/** What every step throws from the power loss until the restart. */
class PowerLoss extends Error {
  constructor() {
    super('the simulated power is off');
  }
}

/** Paths are absolute. Writes may take fewer bytes than asked for, as the seed decides. */
export class SimulatedDisk implements FileLayer {
  readonly sync: FileOperations;
  readonly async: AsyncFileOperations;
  readonly #random: SeededRandom;
  readonly #root = new SimulatedDirectory();
  readonly #open = new Map<number, SimulatedNode>();
  #nextFile = 3;
  #steps = 0;
  #lossBefore = Infinity;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.sync = this.#counted();
    this.async = Object.fromEntries(
      OPERATION_NAMES.map((name) => {
        const operation = this.sync[name] as (...args: readonly unknown[]) => unknown;
        return [name, async (...args: readonly unknown[]) => operation(...args)];
      }),
    ) as AsyncFileOperations;
  }

  /** Steps since the disk was made or restarted, and since `losePowerBefore` was called. */
  get steps(): number {
    return this.#steps;
  }

  /** Files that were opened and not closed. */
  get openFiles(): number {
    return this.#open.size;
  }

  /** False from the power loss until the restart. */
  get hasPower(): boolean {
    return this.#steps < this.#lossBefore;
  }

  /** The power goes off before step number `step`, counted from now (1 = the next one). */
  losePowerBefore(step: number): void {
    this.#steps = 0;
    this.#lossBefore = step;
  }

  /** Power loss (now, if it was not before) and restart: open files are gone, unsynced changes survive as drawn. */
  restart(): void {
    this.#open.clear();
    this.#steps = 0;
    this.#lossBefore = Infinity;
    losePower(this.#root, this.#random, new Set());
  }

  #counted(): FileOperations {
    const operations = this.#operations();
    return Object.fromEntries(
      OPERATION_NAMES.map((name) => {
        const operation = operations[name] as (...args: readonly unknown[]) => unknown;
        return [
          name,
          (...args: readonly unknown[]) => {
            this.#steps += 1;
            if (!this.hasPower) throw new PowerLoss();
            return operation(...args);
          },
        ];
      }),
    ) as unknown as FileOperations;
  }

  #operations(): FileOperations {
    return {
      open: (path, flags) => this.#openPath(path, flags),
      read: (file, into, position) => {
        const bytes = this.#openFile(file).content.subarray(position, position + into.length);
        into.set(bytes);
        return bytes.length;
      },
      write: (file, bytes, position) => {
        const count =
          bytes.length > 1 && this.#random.below(3) === 0 ? 1 + this.#random.below(bytes.length) : bytes.length;
        this.#openFile(file).write(bytes.slice(0, count), position);
        return count;
      },
      truncate: (file, length) => this.#openFile(file).truncate(length),
      sync: (file) => this.#node(file).sync(),
      close: (file) => {
        this.#node(file);
        this.#open.delete(file);
      },
      stat: (path) => {
        const node = this.#find(path);
        return node && { kind: node.kind, size: node.kind === 'file' ? node.content.length : 0 };
      },
      list: (path) => [...this.#directory(path).names.keys()].sort(),
      mkdir: (path) => this.#create(path, new SimulatedDirectory()),
      rmdir: (path) => {
        if (this.#directory(path).names.size > 0) throw systemError('ENOTEMPTY', path);
        this.#remove(path);
      },
      rename: (from, to) => this.#rename(from, to),
      link: (from, to) => this.#link(from, to),
      unlink: (path) => {
        if (this.#require(path).kind === 'directory') throw systemError('EISDIR', path);
        this.#remove(path);
      },
    };
  }

  #openPath(path: string, flags: OpenFlags): number {
    if (flags === 'wx+') this.#create(path, new SimulatedFile());
    const node = this.#require(path);
    if (node.kind === 'directory' && flags !== 'r') throw systemError('EISDIR', path);
    this.#open.set(this.#nextFile, node);
    return this.#nextFile++;
  }

  #create(path: string, node: SimulatedNode): void {
    const { parent, name } = this.#place(path);
    if (parent.names.has(name)) throw systemError('EEXIST', path);
    parent.change([[name, node]]);
  }

  #link(from: string, to: string): void {
    const node = this.#require(from);
    const { parent, name } = this.#place(to);
    if (parent.names.has(name)) throw systemError('EEXIST', to);
    if (node.kind === 'directory') throw systemError('EPERM', from);
    parent.change([[name, node]]);
  }

  #remove(path: string): void {
    const { parent, name } = this.#place(path);
    parent.change([[name, null]]);
  }

  #rename(from: string, to: string): void {
    const source = this.#place(from);
    const target = this.#place(to);
    const node = this.#require(from);
    if (node.kind === 'directory' && `${to}/`.startsWith(`${from}/`) && to !== from) throw systemError('EINVAL', to);
    const replaced = target.parent.names.get(target.name);
    if (from.startsWith(`${to}/`)) throw systemError('ENOTEMPTY', to);
    if (replaced === node) return;
    if (replaced?.kind === 'directory' && node.kind === 'file') throw systemError('EISDIR', to);
    if (replaced?.kind === 'file' && node.kind === 'directory') throw systemError('ENOTDIR', to);
    if (replaced?.kind === 'directory' && replaced.names.size > 0) throw systemError('ENOTEMPTY', to);
    if (source.parent === target.parent) {
      source.parent.change([
        [source.name, null],
        [target.name, node],
      ]);
    } else {
      source.parent.change([[source.name, null]]);
      target.parent.change([[target.name, node]]);
    }
  }

  #place(path: string): { parent: SimulatedDirectory; name: string } {
    const cut = path.lastIndexOf('/');
    return { parent: this.#directory(path.slice(0, cut) || '/'), name: path.slice(cut + 1) };
  }

  #find(path: string): SimulatedNode | null {
    let node: SimulatedNode = this.#root;
    for (const name of path.split('/').filter(Boolean)) {
      if (node.kind !== 'directory') throw systemError('ENOTDIR', path);
      const next: SimulatedNode | undefined = node.names.get(name);
      if (!next) return null;
      node = next;
    }
    return node;
  }

  #require(path: string): SimulatedNode {
    const node = this.#find(path);
    if (!node) throw systemError('ENOENT', path);
    return node;
  }

  #directory(path: string): SimulatedDirectory {
    const node = this.#require(path);
    if (node.kind !== 'directory') throw systemError('ENOTDIR', path);
    return node;
  }

  #node(file: number): SimulatedNode {
    const node = this.#open.get(file);
    if (!node) throw systemError('EBADF', String(file));
    return node;
  }

  #openFile(file: number): SimulatedFile {
    const node = this.#node(file);
    if (node.kind !== 'file') throw systemError('EISDIR', String(file));
    return node;
  }
}

/** Each node loses its unsynced changes once, whatever number of names it has. */
function losePower(node: SimulatedNode, random: SeededRandom, done: Set<SimulatedNode>): void {
  if (done.has(node)) return;
  done.add(node);
  node.losePower(random);
  if (node.kind === 'directory') for (const child of node.names.values()) losePower(child, random, done);
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
