// GPUs as their vendor's program shows them: nvidia-smi, or rocm-smi where there is none. Answers are shared by everybody
// who asks at the same moment; what cannot be read is an error, never a zero (invariant 9).
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { LastcallError, messageOf } from '../../../base/errors.ts';
import type { Gpu } from '../../core/types.ts';

export interface GpuSample {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly usedBytes: number;
  readonly totalBytes: number;
  /** 0 … 1; null = the GPU does not tell. */
  readonly utilization: number | null;
}

export interface GpuProcess {
  readonly pid: number;
  readonly uuid: string;
  readonly command: string;
}

export interface GpuSource {
  /** @throws LastcallError `dependency` */
  samples(): Promise<readonly GpuSample[]>;
  processes(): Promise<readonly GpuProcess[]>;
}

const MIB = 2 ** 20;
const ANSWER_MS_MAX = 10_000;
const ANSWER_BYTES_MAX = 2 ** 22;
const GPU_FIELDS = 'index,uuid,name,memory.used,memory.total,utilization.gpu';
const FORMAT = '--format=csv,noheader,nounits';

/** nvidia-smi on the PATH of `environment`. */
export function nvidiaSmi(environment: NodeJS.ProcessEnv): GpuSource {
  const ask = (query: string) => run('nvidia-smi', [query, FORMAT], environment);
  return {
    samples: shared(async () => parseNvidiaGpus(await ask(`--query-gpu=${GPU_FIELDS}`))),
    processes: shared(async () =>
      parseNvidiaProcesses(await ask('--query-compute-apps=pid,process_name,gpu_uuid,used_gpu_memory')),
    ),
  };
}

/** Lines such as `0, GPU-…, NVIDIA H200, 512, 143771, 3`. */
export function parseNvidiaGpus(text: string): readonly GpuSample[] {
  return lines(text).map((fields) => {
    const [index, uuid = '', , used, total] = fields;
    const [name, utilization] = [fields.slice(2, -3).join(', '), fields.at(-1)];
    const [usedMib, totalMib] = [Number(fields.at(-3) ?? used), Number(fields.at(-2) ?? total)];
    if (fields.length < 6 || !Number.isInteger(Number(index)) || !uuid || !Number.isFinite(usedMib + totalMib)) {
      throw unreadable('nvidia-smi', fields.join(', '));
    }
    const percent = Number(utilization);
    const known = utilization !== undefined && Number.isFinite(percent);
    return {
      index: Number(index),
      uuid,
      name,
      usedBytes: usedMib * MIB,
      totalBytes: totalMib * MIB,
      utilization: known ? percent / 100 : null,
    };
  });
}

/** A line per process, nothing when idle; the name may hold commas, and values may be `[N/A]`. */
export function parseNvidiaProcesses(text: string): readonly GpuProcess[] {
  return lines(text).map((fields) => {
    const uuid = fields.at(-2) ?? '';
    const pid = Number(fields[0]);
    if (fields.length < 4 || !Number.isInteger(pid) || uuid === '') throw unreadable('nvidia-smi', fields.join(', '));
    return { pid, uuid, command: fields.slice(1, -2).join(', ') };
  });
}

/** rocm-smi on the PATH of `environment`. */
export function rocmSmi(environment: NodeJS.ProcessEnv): GpuSource {
  const ask = (...words: string[]) => run('rocm-smi', [...words, '--json'], environment);
  return {
    samples: shared(async () =>
      parseRocmGpus(await ask('--showuniqueid', '--showproductname', '--showmeminfo', 'vram', '--showuse')),
    ),
    processes: shared(async () => parseRocmProcesses(await ask('--showpids', 'details'))),
  };
}

/** `{ "card0": { "Unique ID": "0x…", "VRAM Total Memory (B)": "…", "VRAM Total Used Memory (B)": "…", "GPU use (%)": "3" } }` */
export function parseRocmGpus(text: string): readonly GpuSample[] {
  const cards = parseJson('rocm-smi', text);
  return Object.entries(cards).flatMap(([card, fields]) => {
    const index = /^card(\d+)$/.exec(card)?.[1];
    if (index === undefined) return [];
    const usedBytes = Number(fields['VRAM Total Used Memory (B)']);
    const totalBytes = Number(fields['VRAM Total Memory (B)']);
    if (!Number.isFinite(usedBytes + totalBytes)) throw unreadable('rocm-smi', JSON.stringify(fields));
    const percent = Number(fields['GPU use (%)'] ?? Number.NaN);
    const uuid = fields['Unique ID'] ?? card;
    const name = fields['Card Series'] ?? fields['Card series'] ?? card;
    return [
      {
        index: Number(index),
        uuid,
        name,
        usedBytes,
        totalBytes,
        utilization: Number.isFinite(percent) ? percent / 100 : null,
      },
    ];
  });
}

/** Processes are listed with the numbers of their GPUs: `{ "system": { "PID4711": "python, 1, 123, 0, unknown" } }`. */
export function parseRocmProcesses(text: string): readonly GpuProcess[] {
  if (text.trim() === '') return [];
  const { system = {} } = parseJson('rocm-smi', text);
  return Object.entries(system).flatMap(([key, value]) => {
    const pid = Number(/^PID(\d+)$/.exec(key)?.[1]);
    return Number.isInteger(pid) ? [{ pid, uuid: '*', command: value.split(',')[0]!.trim() }] : [];
  });
}

/** NUMA nodes of nvidia GPUs by uuid, as far as this machine tells. */
export async function numaNodes(environment: NodeJS.ProcessEnv): Promise<ReadonlyMap<string, number>> {
  try {
    const text = await run('nvidia-smi', ['--query-gpu=uuid,pci.bus_id', FORMAT], environment);
    return new Map(lines(text).map(([uuid = '', bus = '']) => [uuid, numaOf(bus)]));
  } catch {
    return new Map();
  }
}

export function gpuId(uuid: string): string {
  return `gpu:${uuid}`;
}

export function gpuOf(sample: GpuSample, node: string, numa: number): Gpu {
  return { id: gpuId(sample.uuid), index: sample.index, node, numa };
}

/** `00000000:3B:00.0` → /sys/bus/pci/devices/0000:3b:00.0/numa_node. */
function numaOf(bus: string): number {
  try {
    const device = bus.toLowerCase().replace(/^0{4}(?=[0-9a-f]{4}:)/, '');
    if (!/^[0-9a-f:.]+$/.test(device)) return -1;
    return Number(readFileSync(`/sys/bus/pci/devices/${device}/numa_node`, 'utf8'));
  } catch {
    return -1;
  }
}

function lines(text: string): string[][] {
  const rows = text.split('\n').filter((line) => line.trim() !== '');
  return rows.map((line) => line.split(',').map((field) => field.trim()));
}

function parseJson(program: string, text: string): Record<string, Record<string, string>> {
  try {
    return JSON.parse(text) as Record<string, Record<string, string>>;
  } catch {
    throw unreadable(program, text.slice(0, 200));
  }
}

function run(program: string, args: readonly string[], environment: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      env: environment,
      timeout: ANSWER_MS_MAX,
      maxBuffer: ANSWER_BYTES_MAX,
      encoding: 'utf8',
    } as const;
    execFile(program, args, options, (error, stdout) => {
      if (!error) return resolve(stdout);
      reject(
        new LastcallError('dependency', {
          what: `${program} does not answer (${messageOf(error)})`,
          todo: `Run ${program} by hand; without it no GPU can be handed out or proven free.`,
          cause: error,
        }),
      );
    });
  });
}

function unreadable(program: string, text: string): LastcallError {
  return new LastcallError('dependency', {
    what: `an answer of ${program} cannot be read: ${JSON.stringify(text)}`,
    todo: 'Please report it with this message.',
  });
}

/** Who asks while an answer is on its way gets the same one. */
function shared<Value>(ask: () => Promise<Value>): () => Promise<Value> {
  let pending: Promise<Value> | null = null;
  return () => (pending ??= ask().finally(() => (pending = null)));
}
