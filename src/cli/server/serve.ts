// Runs the server in this process.
import { systemClock } from '../../base/clock.ts';
import { LastcallError } from '../../base/errors.ts';
import { DEFAULT_PORT, startServer } from '../../server/index.ts';
import { version } from '../version.ts';
import type { Settings } from '../command.ts';
import type { Output } from '../output.ts';
import { progressLine } from '../progress.ts';
import { renderReport } from '../report/render.ts';
import { stateDirectory } from '../state-directory.ts';
import { logSink } from '../stream/log-sink.ts';
import { unitOptions } from '../unit-options.ts';

export interface ServeWords {
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly onStop: 'cancel' | 'drain' | 'leave' | undefined;
  readonly noKeys: boolean;
  readonly slots: number | undefined;
  readonly gpus: string | undefined;
  readonly ports: string | undefined;
  readonly hostName: readonly string[];
  readonly origin: readonly string[];
}

export async function serve(words: ServeWords, settings: Settings, output: Output): Promise<number> {
  const progress = progressLine(output, () => systemClock.monotonicMs());
  const log = logSink(output, progress);
  const server = await startServer({
    stateDir: stateDirectory(settings),
    host: words.host ?? '127.0.0.1',
    port: words.port ?? DEFAULT_PORT,
    onStop: words.onStop ?? 'cancel',
    withKeys: !words.noKeys,
    hosts: words.hostName,
    origins: words.origin,
    scheduler: { devices: devicesOf(words), ...(words.ports === undefined ? {} : { ports: portsOf(words.ports) }) },
    version: version(),
    unit: { ...unitOptions(settings), ...(log === undefined ? {} : { log }) },
  });
  if (output.interactive) {
    const key = server.adminKeyFile === null ? 'without keys' : `the administrator's key is in ${server.adminKeyFile}`;
    output.note(`Lastcall answers at ${server.url}; ${key}.`);
  }
  const report = await server.ended;
  if (output.format === 'people') output.result(report, () => renderReport(report, output));
  return report.exitCode;
}

function devicesOf({ slots, gpus }: ServeWords) {
  if (slots !== undefined && gpus !== undefined) {
    throw new LastcallError('usage', {
      what: 'slots are for machines without GPUs',
      on: '--slots and --gpus',
      todo: 'Give one of them.',
    });
  }
  if (slots !== undefined) return { kind: 'slots', count: slots } as const;
  return { kind: 'gpus', wanted: gpus === undefined ? null : gpuList(gpus) } as const;
}

/** `0-3`, `0,2`, or UUIDs. */
function gpuList(text: string): readonly string[] {
  return text.split(',').flatMap((part) => {
    const [, from, to] = /^(\d{1,3})-(\d{1,3})$/.exec(part.trim()) ?? [];
    if (from === undefined || Number(from) > Number(to)) return [part.trim()];
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => String(Number(from) + index));
  });
}

/** `20000-20999`, or `none`. */
function portsOf(text: string): readonly [number, number] | null {
  if (text === 'none') return null;
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const range = [Number(from), Number(to)] as const;
  if (from !== undefined && range[0] >= 1 && range[0] <= range[1] && range[1] <= 65_535) return range;
  throw new LastcallError('usage', {
    what: 'this is no range of ports',
    on: `--ports ${text}`,
    todo: 'Write it as 20000-20999, or none.',
  });
}
