// All commands, in the order of `lastcall --help`. Adding one is a file in commands/ and a line here.
import type { Command } from './command.ts';

export interface TableEntry {
  /** One word, or two for a command of a group. */
  readonly name: string;
  /** Loads the schema; what the command does is loaded only when it runs. */
  load(): Promise<Command>;
}

export const COMMANDS: readonly TableEntry[] = [
  { name: 'demo', load: async () => (await import('./commands/demo.ts')).command },
  { name: 'run', load: async () => (await import('./commands/run.ts')).command },
  { name: 'leftovers', load: async () => (await import('./commands/leftovers.ts')).command },
  { name: 'ps', load: async () => (await import('./commands/ps.ts')).command },
  { name: 'status', load: async () => (await import('./commands/status.ts')).command },
  { name: 'stop', load: async () => (await import('./commands/stop.ts')).command },
  { name: 'start', load: async () => (await import('./commands/start.ts')).command },
  { name: 'extend', load: async () => (await import('./commands/extend.ts')).command },
  { name: 'checkpoint', load: async () => (await import('./commands/checkpoint.ts')).command },
  { name: 'swap', load: async () => (await import('./commands/swap.ts')).command },
  { name: 'freeze', load: async () => (await import('./commands/freeze.ts')).command },
  { name: 'thaw', load: async () => (await import('./commands/thaw.ts')).command },
  { name: 'stream run', load: async () => (await import('./commands/stream-run.ts')).command },
  { name: 'stream inspect', load: async () => (await import('./commands/stream-inspect.ts')).command },
  { name: 'stream replay', load: async () => (await import('./commands/stream-replay.ts')).command },
  { name: 'gateway', load: async () => (await import('./commands/gateway.ts')).command },
  { name: 'route', load: async () => (await import('./commands/route.ts')).command },
  { name: 'drain', load: async () => (await import('./commands/drain.ts')).command },
  { name: 'rollout start', load: async () => (await import('./commands/rollout-start.ts')).command },
  { name: 'rollout status', load: async () => (await import('./commands/rollout-status.ts')).command },
  { name: 'rollout promote', load: async () => (await import('./commands/rollout-promote.ts')).command },
  { name: 'rollout pause', load: async () => (await import('./commands/rollout-pause.ts')).command },
  { name: 'rollout abort', load: async () => (await import('./commands/rollout-abort.ts')).command },
  { name: 'rollout undo', load: async () => (await import('./commands/rollout-undo.ts')).command },
  { name: 'verify', load: async () => (await import('./commands/verify.ts')).command },
  { name: 'lint', load: async () => (await import('./commands/lint.ts')).command },
  { name: 'deadletter list', load: async () => (await import('./commands/deadletter-list.ts')).command },
  { name: 'deadletter retry', load: async () => (await import('./commands/deadletter-retry.ts')).command },
  { name: 'deadletter drop', load: async () => (await import('./commands/deadletter-drop.ts')).command },
  { name: 'serve', load: async () => (await import('./commands/serve.ts')).command },
  { name: 'submit', load: async () => (await import('./commands/submit.ts')).command },
  { name: 'jobs', load: async () => (await import('./commands/jobs.ts')).command },
  { name: 'job', load: async () => (await import('./commands/job.ts')).command },
  { name: 'logs', load: async () => (await import('./commands/logs.ts')).command },
  { name: 'cancel', load: async () => (await import('./commands/cancel.ts')).command },
  { name: 'preempt', load: async () => (await import('./commands/preempt.ts')).command },
  { name: 'pool', load: async () => (await import('./commands/pool.ts')).command },
  { name: 'keys list', load: async () => (await import('./commands/keys-list.ts')).command },
  { name: 'keys create', load: async () => (await import('./commands/keys-create.ts')).command },
  { name: 'keys revoke', load: async () => (await import('./commands/keys-revoke.ts')).command },
  { name: 'reconcile', load: async () => (await import('./commands/reconcile.ts')).command },
  { name: 'report', load: async () => (await import('./commands/report.ts')).command },
  { name: 'drill', load: async () => (await import('./commands/drill.ts')).command },
  { name: 'drill matrix', load: async () => (await import('./commands/drill-matrix.ts')).command },
  { name: 'drill compare', load: async () => (await import('./commands/drill-compare.ts')).command },
  { name: 'config', load: async () => (await import('./commands/config.ts')).command },
  { name: 'completion', load: async () => (await import('./commands/completion.ts')).command },
];
