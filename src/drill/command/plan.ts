// The plan that the options of the command line make, and the words that would make it again.
import { readFileSync } from 'node:fs';
import { LastcallError } from '../../base/errors.ts';
import { fileError } from '../../base/files/index.ts';
import { splitWords } from '../../base/words.ts';
import type { OptionValues, Settings } from '../../cli/command.ts';
import type { DRILL_OPTIONS } from '../../cli/drill/options.ts';
import { stateDirectory } from '../../cli/state-directory.ts';
import { argumentName, suggestion } from '../../options/index.ts';
import { workloadPath } from '../kubernetes/objects.ts';
import type { ClientKind } from '../load/types.ts';
import type { LoadPlan, Plan, TargetPlan } from '../plan.ts';

export type DrillValues = OptionValues<typeof DRILL_OPTIONS>;

/** Kinds that `--clients` shares requests out to. */
const SHARES: readonly ClientKind[] = ['keep-alive', 'new', 'pipelined', 'slow'];
const CLIENTS = 'keep-alive=6,new=3,slow=1';
const WEIGHT_MAX = 1_000;
/** Where nothing was started by us there is no placeholder to fill in. */
const OWN_URL = 'http://127.0.0.1:{port}';

/** @throws LastcallError `usage` */
export function planOf(values: DrillValues, settings: Settings): Plan {
  const target = targetOf(values, settings);
  if (target.kind !== 'command' && values.url === undefined) {
    throw usage('--url', 'it is not known where this target answers', 'Give --url http://127.0.0.1:PORT.');
  }
  if (values.when === 'checkpoint' && target.kind !== 'unit') {
    throw usage('--when checkpoint', 'only a unit of Lastcall can be asked for a checkpoint', 'Use --unit NAME.');
  }
  if (values.restart && target.kind !== 'command') {
    throw usage('--restart', 'only what the drill started can be started again', 'Use --cmd.');
  }
  if (values.expectIds !== undefined && values.ledger === undefined) {
    throw usage('--expect-ids', 'there is nothing to look the ids up in', 'Name the record of work with --ledger.');
  }
  const servesNobody = values.rate === 0 && values.sse === undefined && values.ws === undefined;
  if (servesNobody && (values.expectIds === undefined || !values.restart)) {
    throw usage(
      '--rate 0',
      'nothing would be sent, and nothing shows what became of the work',
      'For a job give --ledger, --expect-ids and --restart.',
    );
  }
  return {
    target,
    url: values.url ?? OWN_URL,
    ready: values.ready ?? null,
    live: values.live ?? null,
    readyWithinMs: values.readyWithin ?? 30_000,
    settleMs: values.settle ?? 2_000,
    load: loadOf(values),
    ending: {
      signal: signalOf(values.signal ?? 'TERM'),
      to: values.signalTo ?? 'process',
      when: values.when ?? 'load',
      afterMs: bounded(values.after ?? 2_000, '--after'),
      second:
        values.secondSignal === undefined
          ? null
          : { signal: signalOf(values.secondSignal), afterMs: values.secondAfter ?? 2_000 },
    },
    faults: {
      names: values.fault === undefined ? [] : values.fault.split(',').map((name) => name.trim()),
      leadMs: values.faultLead ?? 500,
      forMs: values.faultFor ?? 2_000,
      upstream: values.upstream === undefined ? null : hostAndPort(values.upstream),
      blockPath: values.block ?? null,
    },
    ledger: values.ledger ?? null,
    expectedIds: values.expectIds === undefined ? [] : linesOf(values.expectIds),
    restart: values.restart,
    expectations: {
      exitCodes: values.expectExit === undefined ? null : codesOf(values.expectExit),
      noticeMs: values.notice ?? 200,
      lingerMs: values.linger ?? 5_000,
      deadlineMs: bounded(values.deadline ?? 30_000, '--deadline'),
    },
    mayLeaveThisMachine: values.iOwnThisTarget,
    words: wordsOf(values),
  };
}

/** Ten minutes: everything in a drill ends by itself. */
const TIME_MS_MAX = 600_000;

function bounded(ms: number, on: string): number {
  if (ms <= TIME_MS_MAX) return ms;
  throw usage(on, 'this is longer than a drill may last', 'At most 10m.');
}

function targetOf(values: DrillValues, settings: Settings): TargetPlan {
  const { cmd, pid, unit, k8s } = values;
  const given = [cmd, pid, unit, k8s].filter((it) => it !== undefined).length;
  if (given !== 1) {
    const what = given === 0 ? 'it is not said what to drill' : 'more than one target was given';
    throw usage('--cmd, --pid, --unit, --k8s', what, "Give one of them, such as --cmd 'node server.js {port}'.");
  }
  if (cmd !== undefined) return { kind: 'command', words: splitWords(cmd, '--cmd') };
  if (k8s !== undefined) return kubernetesOf(values, k8s);
  if (pid !== undefined) return { kind: 'pid', pid };
  return { kind: 'unit', name: unit!, stateDir: stateDirectory(settings) };
}

function kubernetesOf(values: DrillValues, workload: string): TargetPlan {
  if (workloadPath(workload) === null) {
    throw usage('--k8s', `${JSON.stringify(workload)} is no workload`, 'Write deploy/NAME or statefulset/NAME.');
  }
  const isPlain =
    (values.signal ?? 'TERM') === 'TERM' && values.secondSignal === undefined && (values.when ?? 'load') === 'load';
  if (!isPlain || values.fault !== undefined) {
    throw usage(
      '--k8s',
      'a pod is ended by deleting it, under load',
      'Leave --signal, --second-signal, --when and --fault out.',
    );
  }
  if (values.ready !== undefined || values.live !== undefined) {
    throw usage(
      '--k8s',
      'probes would reach any pod of the workload',
      'Leave --ready and --live out; the endpoints are watched instead.',
    );
  }
  return { kind: 'kubernetes', workload, namespace: values.namespace ?? null, kubeconfig: values.kubeconfig ?? null };
}

function loadOf(values: DrillValues): LoadPlan {
  const body = values.body === undefined ? null : read(values.body);
  return {
    path: pathOf(values.http ?? '/', '--http'),
    method: values.method ?? (body === null ? 'GET' : 'POST'),
    body,
    headers: values.header === undefined ? [] : [headerOf(values.header)],
    rate: values.rate ?? 50,
    clients: values.tcp === undefined ? clientsOf(values.clients ?? CLIENTS) : new Map([['tcp', 1]]),
    timeoutMs: bounded(values.timeout ?? 30_000, '--timeout'),
    sse: values.sse === undefined ? null : pathOf(values.sse, '--sse'),
    ws: values.ws === undefined ? null : pathOf(values.ws, '--ws'),
    wsMessage: values.wsMessage ?? '{id}',
    streams: values.streams ?? 4,
    line: values.tcp === undefined ? null : `${values.tcp}\n`,
  };
}

function pathOf(path: string, on: string): string {
  if (/^\/[^\s]*$/.test(path)) return path;
  throw usage(on, `${JSON.stringify(path)} is no path`, 'It begins with / and has no spaces.');
}

function headerOf(text: string): string {
  if (/^[\w!#$%&'*+.^`|~-]+:[^\r\n]*$/.test(text)) return text;
  throw usage('--header', `${JSON.stringify(text)} is no header`, "Write it as 'Name: value'.");
}

function clientsOf(text: string): ReadonlyMap<ClientKind, number> {
  const pairs = text.split(',').map((part): [ClientKind, number] => {
    const [name = '', weight = '1'] = part.trim().split('=');
    const kind = SHARES.find((known) => known === name);
    if (kind === undefined)
      throw usage(
        '--clients',
        `${JSON.stringify(name)} is no kind of client`,
        suggestion(name, SHARES, `There are: ${SHARES.join(', ')}.`),
      );
    const share = Number(weight);
    if (!Number.isInteger(share) || share < 1 || share > WEIGHT_MAX)
      throw usage('--clients', `${JSON.stringify(weight)} is no weight`, `A whole number from 1 to ${WEIGHT_MAX}.`);
    return [kind, share];
  });
  return new Map(pairs);
}

function codesOf(text: string): number[] {
  return text.split(',').map((part) => {
    const code = Number(part.trim());
    if (Number.isInteger(code) && code >= 0 && code <= 255 && part.trim() !== '') return code;
    throw usage('--expect-exit', `${JSON.stringify(part)} is no exit code`, 'Whole numbers from 0 to 255, by comma.');
  });
}

function hostAndPort(text: string): { host: string; port: number } {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host !== undefined && Number(port) > 0 && Number(port) < 65_536) return { host, port: Number(port) };
  throw usage('--upstream', `${JSON.stringify(text)} is no address`, 'Write HOST:PORT.');
}

function linesOf(file: string): string[] {
  return read(file)
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw fileError(error, file);
  }
}

export function signalOf(name: string): NodeJS.Signals {
  return `SIG${name}` as NodeJS.Signals;
}

/** What has nothing to do with how a trial goes, or is said anew for each. */
const NOT_REPLAYED = ['seed', 'trials', 'html', 'junit', 'out', 'assert'];

/** In the notation of the command line. Durations are milliseconds by now. */
export function wordsOf(values: DrillValues): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined || value === false || NOT_REPLAYED.includes(name)) return [];
    const option = argumentName(name);
    if (value === true) return [option];
    return [option, DURATIONS.includes(name) ? `${value}ms` : String(value)];
  });
}

const DURATIONS = [
  'readyWithin',
  'timeout',
  'deadline',
  'notice',
  'linger',
  'settle',
  'after',
  'secondAfter',
  'faultLead',
  'faultFor',
];

function usage(on: string, what: string, todo: string): LastcallError {
  return new LastcallError('usage', { what, on, todo });
}
