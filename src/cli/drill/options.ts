// Options of `lastcall drill` and `lastcall drill matrix`: which target, what load, how it is judged. drill/command/plan.ts
// makes a plan of them.
import type { OptionSchema } from '../command.ts';

const path = { type: 'text', placeholder: 'PATH' } as const;
const file = { type: 'path', placeholder: 'FILE' } as const;
const duration = { type: 'duration' } as const;
const SIGNALS = ['TERM', 'INT', 'HUP', 'QUIT', 'USR1', 'USR2', 'KILL'] as const;

/** Both commands take these. */
export const TARGET_OPTIONS = {
  cmd: {
    kind: { type: 'text', placeholder: 'WORDS' },
    describe: 'Start this; {port}, {health}, {dir} and {upstream} stand for what it is given. No shell runs',
  },
  pid: { kind: { type: 'integer', min: 2, max: 2 ** 22 }, describe: 'Take this running process; needs --url' },
  unit: { kind: { type: 'text', placeholder: 'UNIT' }, describe: 'Take this running unit of Lastcall; needs --url' },
  k8s: {
    kind: { type: 'text', placeholder: 'KIND/NAME' },
    describe: 'Delete one ready pod of this deployment or statefulset; needs --url of its Service',
  },
  namespace: { kind: { type: 'text', placeholder: 'NAMESPACE' }, describe: 'Of --k8s', fallback: "the kubeconfig's" },
  kubeconfig: { kind: file, describe: 'For --k8s', fallback: 'KUBECONFIG, ~/.kube/config, or the account of the pod' },
  url: {
    kind: { type: 'text', placeholder: 'URL' },
    describe: 'Where the target answers',
    fallback: 'http://127.0.0.1:{port}',
  },
  ready: { kind: path, describe: 'Readiness: a path, or a URL such as http://127.0.0.1:{health}/readyz' },
  live: { kind: path, describe: 'Liveness, likewise; has to stay 200 while draining' },
  readyWithin: { kind: duration, describe: 'How long it may take to become ready', fallback: '30s' },
  iOwnThisTarget: { kind: { type: 'flag' }, describe: 'Allow a target that is not on loopback' },
  http: { kind: path, describe: 'What is asked for; {id} stands for the id of the request', fallback: '/' },
  method: {
    kind: { type: 'choice', choices: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] },
    describe: 'HTTP method',
    fallback: 'GET, with --body POST',
  },
  body: { kind: file, describe: 'Body of every request' },
  header: { kind: { type: 'text', placeholder: "'NAME: VALUE'" }, describe: 'A header of every request' },
  rate: {
    kind: { type: 'integer', min: 0, max: 5_000 },
    describe: 'Requests a second, whatever the target does',
    fallback: '50',
  },
  timeout: { kind: duration, describe: 'A request that takes longer counts as timed out', fallback: '30s' },
  sse: { kind: path, describe: 'Server-sent events that clients stay connected to' },
  ws: { kind: path, describe: 'WebSocket that clients stay connected to' },
  wsMessage: {
    kind: { type: 'text', placeholder: 'TEXT' },
    describe: 'What WebSocket clients send every 200 ms',
    fallback: '{id}',
  },
  streams: {
    kind: { type: 'integer', min: 1, max: 500 },
    describe: 'Clients of each of --sse and --ws',
    fallback: '4',
  },
  tcp: {
    kind: { type: 'text', placeholder: 'TEXT' },
    describe: "Send this line instead of HTTP, such as 'PING {id}'; an answer is a line",
  },
  deadline: { kind: duration, describe: 'How long the ending may take', fallback: '30s' },
  notice: { kind: duration, describe: 'How long routers take to notice that it is not ready', fallback: '200ms' },
  linger: { kind: duration, describe: 'How long the exit may come after the last answer', fallback: '5s' },
  settle: { kind: duration, describe: 'How long what is left after the exit has to go by itself', fallback: '2s' },
  ledger: { kind: file, describe: 'The record of work that the target keeps: a line with the id for each' },
  seed: {
    kind: { type: 'integer', min: 0, max: Number.MAX_SAFE_INTEGER },
    describe: 'Moves the moment of the signal and the order of the clients',
    fallback: '1',
  },
  html: { kind: file, describe: 'Write a page with the timeline' },
  junit: { kind: file, describe: 'Write a JUnit report' },
  out: { kind: file, describe: 'Write the JSON report to a file as well' },
} as const satisfies Record<string, OptionSchema>;

/** What the matrix decides itself. */
export const DRILL_OPTIONS = {
  ...TARGET_OPTIONS,
  clients: {
    kind: { type: 'text', placeholder: 'KIND=WEIGHT,…' },
    describe: 'How requests are shared out: keep-alive, new, pipelined, slow',
    fallback: 'keep-alive=6,new=3,slow=1',
  },
  signal: { kind: { type: 'choice', choices: SIGNALS }, describe: 'The signal that ends it', fallback: 'TERM' },
  signalTo: {
    kind: { type: 'choice', choices: ['process', 'group', 'tree'] },
    describe: 'Who gets it: the first process, its group (as Ctrl+C does), or every process of the tree',
    fallback: 'process',
  },
  when: {
    kind: { type: 'choice', choices: ['load', 'start', 'idle', 'checkpoint'] },
    describe: 'When it comes: under load, during start-up, with idle connections, or during a checkpoint of --unit',
    fallback: 'load',
  },
  after: {
    kind: duration,
    describe: 'How long the load lasts before it (with --when start: at most this)',
    fallback: '2s',
  },
  secondSignal: { kind: { type: 'choice', choices: SIGNALS }, describe: 'Another signal after the first' },
  secondAfter: { kind: duration, describe: 'How long after the first', fallback: '2s' },
  fault: {
    kind: { type: 'text', placeholder: 'NAME,…' },
    describe:
      'pause, starve, no-files, no-memory, disk-full, no-dns, clock-step, slow-upstream, reset-upstream, black-hole-upstream, upstream-down, block',
  },
  faultLead: { kind: duration, describe: 'How long before the signal faults begin', fallback: '500ms' },
  faultFor: { kind: duration, describe: 'How long a pause lasts', fallback: '2s' },
  upstream: {
    kind: { type: 'text', placeholder: 'HOST:PORT' },
    describe: 'What the target depends on, through {upstream}',
  },
  block: { kind: path, describe: 'Path that makes the target block its own event loop' },
  expectExit: {
    kind: { type: 'text', placeholder: 'CODE,…' },
    describe: 'Exit codes that are right',
    fallback: '0, or death by the signal',
  },
  expectIds: { kind: file, describe: 'Ids, one a line, that have to be in the ledger at the end' },
  restart: { kind: { type: 'flag' }, describe: 'Start it again after the ending, then read the ledger' },
  assert: {
    kind: { type: 'text', placeholder: 'EXPRESSION' },
    describe: "Such as 'dropped==0 && leftovers==0 && exitMs<5000'",
  },
  trials: {
    kind: { type: 'integer', min: 1, max: 1_000 },
    describe: 'How often; trial i uses seed + i - 1',
    fallback: '1',
  },
} as const satisfies Record<string, OptionSchema>;
