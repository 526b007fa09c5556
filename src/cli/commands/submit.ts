// `lastcall submit -- CMD…`: a job for the server.
import { defineCommand } from '../command.ts';

const duration = { type: 'duration' } as const;
const text = (placeholder: string) => ({ type: 'text', placeholder }) as const;

export const command = defineCommand({
  name: 'submit',
  summary: 'Give a job to the server, and show what it prints',
  details: [
    "Attached (the default), its output is shown and the exit code is the job's. Ctrl+C cancels it and shows how it ends; again leaves at once. If this client is gone, however that happened, the job's lease runs out after 30 s, and it is cancelled or goes on as --on-client-loss says. With --detach the job's id is printed, and that is all.",
    'The job is asked to save by SIGTERM when it has to make room; it exits with 108 when it did, and is run again with LASTCALL_RESUME=1 and the same LASTCALL_CHECKPOINT_DIR.',
  ],
  arguments: [
    { name: 'command', describe: 'The command and its words, after --', kind: text('COMMAND'), presence: 'rest' },
  ],
  options: {
    name: { kind: text('NAME'), describe: 'For people', fallback: "the command's own" },
    gpus: { kind: { type: 'integer', min: 0, max: 100_000 }, describe: 'GPUs, or slots', fallback: '0, with slots 1' },
    cpus: { kind: { type: 'integer', min: 0, max: 1_000_000 }, describe: 'CPUs', fallback: 'not counted' },
    memory: { kind: text('SIZE'), describe: 'Memory, such as 16G', fallback: 'not counted' },
    port: { kind: text('NAME'), describe: 'A port; the job finds its number in LASTCALL_PORT_NAME', repeats: true },
    priority: { kind: { type: 'integer', min: -1_000, max: 1_000 }, describe: 'Larger goes first', fallback: '0' },
    label: { kind: text('NAME=VALUE'), describe: 'A label', repeats: true },
    env: {
      kind: text('NAME[=VALUE]'),
      describe: 'A variable; without a value the one that it has here',
      repeats: true,
    },
    envFrom: { kind: { type: 'path', placeholder: 'FILE' }, describe: 'Variables from a file of NAME=VALUE lines' },
    cwd: { kind: { type: 'path', placeholder: 'DIR' }, describe: 'Working directory on the server' },
    after: { kind: text('JOB'), describe: 'Only when this job has completed', repeats: true },
    afterAny: { kind: text('JOB'), describe: 'Only when this job is over, however it went', repeats: true },
    retries: {
      kind: { type: 'integer', min: 0, max: 1_000 },
      describe: 'How often it is tried again after a failure',
      fallback: '0',
    },
    timeout: { kind: duration, describe: 'It is ended after this', fallback: 'never' },
    jobGrace: { kind: duration, describe: 'From the stop signal to the kill', fallback: '30s' },
    replicas: {
      kind: { type: 'integer', min: 1, max: 1_024 },
      describe: 'A gang: all of them run, or none',
      fallback: '1',
    },
    array: {
      kind: { type: 'integer', min: 1, max: 10_000 },
      describe: 'So many jobs, with LASTCALL_ARRAY_INDEX from 0',
    },
    atOnce: {
      kind: { type: 'integer', min: 1, max: 10_000 },
      describe: 'Of an array, how many run at once',
      fallback: 'all',
    },
    with: { kind: text('NAME=COMMAND'), describe: 'A companion: started before, ended after', repeats: true },
    service: { kind: text('PATH'), describe: 'It is a service, ready when this path answers on its first port' },
    keep: { kind: { type: 'flag' }, describe: 'It is never asked to make room for others' },
    detach: { kind: { type: 'flag' }, describe: 'Do not wait for it' },
    onClientLoss: {
      kind: { type: 'choice', choices: ['cancel', 'detach'] },
      describe: 'What becomes of it when this client is gone',
      fallback: 'cancel',
    },
  },
  settings: ['server', 'keyFile', 'stateDir'],
  examples: [
    { line: 'lastcall submit --gpus 2 -- python train.py', does: 'On two GPUs; Ctrl+C gives them back' },
    { line: "lastcall submit --gpus 1 --with reward='python reward.py' -- python train.py", does: 'With a companion' },
    { line: 'lastcall submit --array 20 --at-once 4 --detach -- python sweep.py', does: 'Twenty, four at a time' },
  ],
  async run({ arguments: { command: argv }, options, settings, output }) {
    const { submit } = await import('../server/submit.ts');
    return submit(argv, options, settings, output);
  },
});
