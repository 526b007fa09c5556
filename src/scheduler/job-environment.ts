// What a job's process sees in its environment (contracts.md, "Job environment"); the cookie is added by the engine. These
// names are set for jobs and are no options: whatever the submitter gave under them is replaced.
import type { Command, Job, Member, Run } from './core/types.ts';

export interface EnvironmentPlace {
  /** Kept across requeues. */
  readonly checkpointDir: string;
  /** Socket for what the job tells, or null. */
  readonly control: string | null;
  /** What CUDA calls the GPUs of a member. */
  readonly visible: (gpus: readonly string[]) => string;
}

const OURS = /^(LASTCALL_.*|CUDA_VISIBLE_DEVICES|ROCR_VISIBLE_DEVICES)$/;

export function memberCommand(job: Job, run: Run, member: Member, place: EnvironmentPlace): Command {
  const { spec } = job;
  const companion = spec.companions.find(({ name }) => member.name === `with.${name}`);
  const command = companion?.command ?? spec.command;
  // A companion works on what the first replica has.
  const holder = member.role === 'main' ? member : run.members.find(({ name }) => name === 'main.0')!;
  const given = Object.entries(command.environment).filter(([name]) => !OURS.test(name));
  const visible = place.visible(holder.gpus);
  const environment: Record<string, string> = {
    ...Object.fromEntries(given),
    LASTCALL_JOB_ID: job.id,
    LASTCALL_GRACE_MS: String(spec.graceMs),
    LASTCALL_CHECKPOINT_DIR: place.checkpointDir,
    LASTCALL_RESUME: job.resume ? '1' : '0',
    CUDA_VISIBLE_DEVICES: visible,
    ROCR_VISIBLE_DEVICES: visible,
    ...(place.control === null ? {} : { LASTCALL_CONTROL: place.control }),
    ...Object.fromEntries(Object.entries(holder.ports).map(([name, port]) => [`LASTCALL_PORT_${name}`, String(port)])),
  };
  if (spec.replicas > 1) {
    environment['LASTCALL_REPLICA'] = member.role === 'main' ? member.name.slice('main.'.length) : '0';
    environment['LASTCALL_REPLICAS'] = String(spec.replicas);
  }
  if (spec.array) environment['LASTCALL_ARRAY_INDEX'] = String(spec.array.index);
  const fill = (word: string) =>
    word.replaceAll(/\{port\.([A-Za-z0-9_]+)\}/g, (whole, name: string) => String(holder.ports[name] ?? whole));
  return { argv: command.argv.map(fill), cwd: command.cwd, environment };
}
