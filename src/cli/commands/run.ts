// `lastcall run -- CMD…`: any command as a unit.
import { defineCommand } from '../command.ts';
import { UNIT_SETTINGS } from '../unit-options.ts';

const PROBES = 'http:/health, http:8000/health, tcp:8000, cmd:COMMAND, log:REGEX, file:PATH or control';

export const command = defineCommand({
  name: 'run',
  summary: 'Run any command so that it ends well and leaves nothing behind',
  details: [
    'The command is started without a shell and owned with everything that it starts. The first Ctrl+C or SIGTERM ends it by the stages, the second gives up draining, the third kills. Its output and its exit code pass through; 100 to 110 tell of an ending that went wrong, 126 and 127 of a command that cannot be run.',
    'With --json its stdout goes to stderr, and the shutdown report is on stdout.',
  ],
  arguments: [
    {
      name: 'command',
      describe: 'The command and its words, after --',
      kind: { type: 'text', placeholder: 'COMMAND' },
      presence: 'rest',
    },
  ],
  options: {
    name: {
      kind: { type: 'text', placeholder: 'NAME' },
      describe: 'Name of the unit, for lastcall status and stop',
      fallback: "the command's own",
    },
    ready: {
      kind: { type: 'text', placeholder: 'PROBE' },
      describe: `What says that it is ready: ${PROBES}`,
      fallback: 'ready once it is started',
    },
    readyWithin: { kind: { type: 'duration' }, describe: 'How long it may take to be ready', fallback: '5m' },
    live: {
      kind: { type: 'text', placeholder: 'PROBE' },
      describe: 'Ask this every 5 s; after three failures the command is ended, and started again by --restart',
    },
    restart: {
      kind: { type: 'choice', choices: ['never', 'on-failure', 'always'] },
      describe:
        'Whether it is started again when it ends by itself; after 0.5 s, then twice as late each time, up to 30 s',
      fallback: 'never',
    },
    appPort: {
      kind: { type: 'integer', min: 1, max: 65_535 },
      describe: 'Port that the command listens on: routers are given time to notice, and a taken port is refused',
    },
    listen: {
      kind: { type: 'text', placeholder: 'ADDRESS' },
      describe:
        "Listen in the command's stead, and hold what comes back while it ends: 8080, 0.0.0.0:8080, unix:/path, fd:3; tcp:6379 for other protocols than HTTP",
      repeats: true,
    },
    app: {
      kind: { type: 'text', placeholder: 'ADDRESS' },
      describe: 'Where the command listens behind --listen, if not on --app-port: HOST:PORT or unix:/path',
    },
    taskLog: {
      kind: { type: 'path', placeholder: 'FILE' },
      describe: 'With --listen: a line for what becomes of each request, for lastcall reconcile',
    },
    healthPath: {
      kind: { type: 'text', placeholder: 'NAME=PATH' },
      describe:
        "With --listen: another path for livez, readyz, health, startupz or metrics, or off to leave it to the command's own",
      repeats: true,
    },
    whenDraining: {
      kind: { type: 'choice', choices: ['answer', 'close'] },
      describe:
        'With --listen: what comes too late gets 503, or its connection is closed, for clients that bear no error',
      fallback: 'answer',
    },
    frontWait: {
      kind: { type: 'duration' },
      describe: 'With --listen: how long a request waits while the command starts, or starts again',
      fallback: '10s',
    },
    trustedHops: {
      kind: { type: 'integer', min: 0, max: 32 },
      describe: 'With --listen: proxies in front whose X-Forwarded headers are believed',
      fallback: '0',
    },
    stopSignal: {
      kind: { type: 'text', placeholder: 'SIGNAL' },
      describe: 'Signal that asks the command to end',
      fallback: 'SIGTERM',
    },
    then: {
      kind: { type: 'text', placeholder: 'SIGNAL-AFTER' },
      describe: 'A second signal some time after it, such as "SIGINT after 20s"',
    },
    announceCap: {
      kind: { type: 'duration' },
      describe: 'How long routers get to notice at most',
      fallback: '5s, at most a fifth of the total',
    },
    drainCap: { kind: { type: 'duration' }, describe: 'How long draining may take at most', fallback: '60s' },
    drainUntil: {
      kind: { type: 'text', placeholder: 'PROBE' },
      describe: 'The command is told to end only when this says yes: http:/drained, tcp:, cmd: or file:',
    },
    drainCmd: {
      kind: { type: 'text', placeholder: 'COMMAND' },
      describe: 'The same as --drain-until cmd:COMMAND: it is drained when this ends with 0',
    },
    extendMax: {
      kind: { type: 'duration' },
      describe: 'How much an ending that makes progress may be extended in sum, where the platform allows it',
      fallback: '5m',
    },
    extendFile: {
      kind: { type: 'path', placeholder: 'FILE' },
      describe: 'Touching this file during the ending asks for more time, 30 s at once',
    },
    with: {
      kind: { type: 'text', placeholder: 'NAME=COMMAND' },
      describe: 'A companion, started before the command and ended after it; quoted as a shell would split it',
      repeats: true,
    },
    withReady: {
      kind: { type: 'text', placeholder: 'NAME=PROBE' },
      describe: 'What says that a companion is ready; the next one is started then',
      repeats: true,
    },
    withDeath: {
      kind: { type: 'choice', choices: ['report', 'end'] },
      describe: 'Whether the death of a companion is only told, or ends the whole',
      fallback: 'report',
    },
    notice: {
      kind: { type: 'text', placeholder: 'SOURCE' },
      describe: 'Listen for preemption notices: aws, gcp, azure, auto or file:PATH',
    },
    deregister: {
      kind: { type: 'text', placeholder: 'HOW' },
      describe: 'Tell a router at the beginning of the end: consul:ID, put:URL, delete:URL, post:URL or cmd:COMMAND',
      repeats: true,
    },
    onExit: {
      kind: { type: 'text', placeholder: 'COMMAND' },
      describe: 'Run this at the very end, with LASTCALL_EXIT_CODE, LASTCALL_OUTCOME and LASTCALL_REPORT',
    },
    own: {
      kind: { type: 'choice', choices: ['cgroup', 'namespace', 'group'] },
      describe: 'What holds the process tree together',
      fallback: 'the best that works here, in this order',
    },
    memoryMax: {
      kind: { type: 'text', placeholder: 'SIZE' },
      describe: 'Memory that the command may use, such as 4G; needs a delegated control group',
    },
    pidsMax: {
      kind: { type: 'integer', min: 1, max: 4_194_304 },
      describe: 'Processes that the command may have; needs a delegated control group',
    },
    foreground: {
      kind: { type: 'flag' },
      describe: 'Give the command the terminal: Ctrl+C goes to it, and not to us',
    },
    quiet: { kind: { type: 'flag' }, describe: 'Log only what went wrong' },
  },
  settings: UNIT_SETTINGS,
  examples: [
    { line: 'lastcall run -- python train.py', does: 'A job that leaves nothing behind, however it ends' },
    {
      line: 'lastcall run --listen 8080 --app-port 8000 --ready http:/health --grace 75s -- python serve.py',
      does: 'A server behind a front: ready when it answers, and told to end when nothing is in flight',
    },
    {
      line: "lastcall run --with reward='python reward.py' --with-ready reward=tcp:9000 -- python train.py",
      does: 'A job with a companion, ended in order',
    },
  ],
  async run(invocation) {
    const { runCommand } = await import('../run/run-command.ts');
    return runCommand(invocation.arguments.command, invocation);
  },
});
