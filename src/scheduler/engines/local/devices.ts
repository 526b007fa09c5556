// The GPUs of this machine as resources: real ones with a proof, or declared slots that have none beyond the process tree.
import { LastcallError, messageOf } from '../../../base/errors.ts';
import type { Gpu } from '../../core/types.ts';
import { gpuId, gpuOf, type GpuSample, type GpuSource, nvidiaSmi, numaNodes, rocmSmi } from './gpus.ts';

export type DeviceChoice =
  | { readonly kind: 'slots'; readonly count: number }
  /** `wanted`: numbers or UUIDs; null = all there are. */
  | { readonly kind: 'gpus'; readonly wanted: readonly string[] | null };

export interface DeviceOptions {
  readonly choice: DeviceChoice;
  /** How much more than before may be in use when a GPU is called free. */
  readonly toleranceBytes: number;
  /** Between the two samples of a proof. */
  readonly sampleMs: number;
  readonly environment: NodeJS.ProcessEnv;
}

export interface Devices {
  list(node: string): Promise<readonly Gpu[]>;
  /** Bytes in use now, as last seen. */
  usedBefore(gpus: readonly string[]): Readonly<Record<string, number>>;
  /** @returns evidence by GPU of those that are not free. @param tree numbers of processes that were in the tree */
  evidence(
    gpus: readonly string[],
    usedBefore: Readonly<Record<string, number>>,
    tree: ReadonlySet<number>,
  ): Promise<Record<string, string>>;
  /** GPU → who computes there, except these processes. */
  foreign(ours: (pid: number) => boolean): Promise<Record<string, string>>;
  /** As last seen, by id. */
  readonly last: ReadonlyMap<string, GpuSample>;
  /** What a process is told to use. */
  visible(gpus: readonly string[]): string;
}

export function devicesOf(options: DeviceOptions): Devices {
  return options.choice.kind === 'slots'
    ? new Slots(options.choice.count)
    : new RealGpus(options, options.choice.wanted);
}

class Slots implements Devices {
  readonly last = new Map<string, GpuSample>();
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  async list(node: string): Promise<readonly Gpu[]> {
    return Array.from({ length: this.#count }, (_, index) => ({ id: `slot:${index}`, index, node, numa: -1 }));
  }

  usedBefore(): Record<string, number> {
    return {};
  }

  async evidence(): Promise<Record<string, string>> {
    return {};
  }

  async foreign(): Promise<Record<string, string>> {
    return {};
  }

  visible(gpus: readonly string[]): string {
    return gpus.map((id) => id.slice('slot:'.length)).join(',');
  }
}

class RealGpus implements Devices {
  readonly last = new Map<string, GpuSample>();
  readonly #options: DeviceOptions;
  readonly #wanted: readonly string[] | null;
  #source: GpuSource;
  #chosen = new Set<string>();

  constructor(options: DeviceOptions, wanted: readonly string[] | null) {
    this.#options = options;
    this.#wanted = wanted;
    this.#source = nvidiaSmi(options.environment);
  }

  async list(node: string): Promise<readonly Gpu[]> {
    const samples = await this.#discover();
    const unknown = this.#wanted?.find((name) => !samples.some((sample) => isNamed(sample, name)));
    if (unknown !== undefined) {
      const known = samples.map(({ index, uuid }) => `${index} (${uuid})`).join(', ');
      throw new LastcallError('usage', {
        what: 'there is no such GPU',
        on: `--gpus ${unknown}`,
        todo: `There are: ${known || 'none'}.`,
      });
    }
    const numa = await numaNodes(this.#options.environment);
    const chosen = samples.filter((sample) => this.#wanted?.some((name) => isNamed(sample, name)) ?? true);
    this.#chosen = new Set(chosen.map(({ uuid }) => gpuId(uuid)));
    return chosen.map((sample) => gpuOf(sample, node, numa.get(sample.uuid) ?? -1));
  }

  usedBefore(gpus: readonly string[]): Record<string, number> {
    return Object.fromEntries(gpus.flatMap((id) => (this.last.has(id) ? [[id, this.last.get(id)!.usedBytes]] : [])));
  }

  async evidence(
    gpus: readonly string[],
    usedBefore: Readonly<Record<string, number>>,
    tree: ReadonlySet<number>,
  ): Promise<Record<string, string>> {
    if (gpus.length === 0) return {};
    try {
      const first = await this.#look(gpus, usedBefore, tree);
      await new Promise((resolve) => setTimeout(resolve, this.#options.sampleMs));
      // Memory that is being given back may be counted twice or not at all: both looks have to say so.
      return { ...first, ...(await this.#look(gpus, usedBefore, tree)) };
    } catch (error) {
      return Object.fromEntries(gpus.map((id) => [id, messageOf(error)]));
    }
  }

  async foreign(ours: (pid: number) => boolean): Promise<Record<string, string>> {
    const [processes] = await Promise.all([this.#source.processes(), this.#sample()]);
    const found: Record<string, string> = {};
    for (const { pid, uuid, command } of processes) {
      const id = gpuId(uuid);
      if (!this.#chosen.has(id) || ours(pid)) continue;
      found[id] = `${command} (process ${pid})`;
    }
    return found;
  }

  visible(gpus: readonly string[]): string {
    return gpus.map((id) => id.slice('gpu:'.length)).join(',');
  }

  async #look(gpus: readonly string[], usedBefore: Readonly<Record<string, number>>, tree: ReadonlySet<number>) {
    const [samples, processes] = await Promise.all([this.#sample(), this.#source.processes()]);
    const found: Record<string, string> = {};
    for (const id of gpus) {
      const sample = samples.find(({ uuid }) => gpuId(uuid) === id);
      const process = processes.find(({ pid, uuid }) => (gpuId(uuid) === id || uuid === '*') && tree.has(pid));
      if (!sample) found[id] = 'it is not listed any more';
      else if (process) found[id] = `${process.command} (process ${process.pid}) of the job still computes on it`;
      else {
        const before = usedBefore[id];
        const excess = sample.usedBytes - (before ?? 0) - this.#options.toleranceBytes;
        if (excess > 0) found[id] = `${mib(sample.usedBytes)} are in use, and ${mib(before ?? 0)} were before`;
      }
    }
    return found;
  }

  async #sample(): Promise<readonly GpuSample[]> {
    const samples = await this.#source.samples();
    for (const sample of samples) this.last.set(gpuId(sample.uuid), sample);
    return samples;
  }

  async #discover(): Promise<readonly GpuSample[]> {
    try {
      return await this.#sample();
    } catch (error) {
      this.#source = rocmSmi(this.#options.environment);
      try {
        return await this.#sample();
      } catch {
        throw error;
      }
    }
  }
}

function isNamed({ index, uuid }: GpuSample, name: string): boolean {
  return name === uuid || name === String(index);
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
