// Starts the target of a plan, or finds it, and says where it answers.
import { controlOf } from '../../lifecycle/control/index.ts';
import type { Fault } from '../faults/fault.ts';
import { KubernetesApi } from '../kubernetes/api.ts';
import { clusterAccess } from '../kubernetes/config.ts';
import { KubernetesTarget } from '../kubernetes/target.ts';
import type { Plan } from '../plan.ts';
import { CommandTarget } from '../target/command.ts';
import { fillIn, type Place } from '../target/place.ts';
import { RunningTarget } from '../target/running.ts';
import type { Target } from '../target/target.ts';

export interface LaunchOptions {
  readonly plan: Plan;
  readonly place: Place;
  readonly faults: readonly Fault[];
  readonly mark: string;
  /** Told of what happens to the target that nobody else sees. */
  readonly note: (what: string) => void;
}

export async function launch({ plan, place, faults, mark, note }: LaunchOptions): Promise<Target> {
  const { target } = plan;
  if (target.kind === 'kubernetes') {
    const access = clusterAccess(target.kubeconfig, process.env);
    const api = new KubernetesApi(access);
    return KubernetesTarget.find(
      { api, namespace: target.namespace ?? access.namespace, workload: target.workload },
      note,
    );
  }
  if (target.kind === 'pid') return new RunningTarget(target.pid);
  if (target.kind === 'unit') {
    const client = await controlOf(target.stateDir, target.name);
    return new RunningTarget((await client.status()).unit.pid);
  }
  const launches = faults.flatMap((fault) => fault.launch?.(place.directory) ?? []);
  return new CommandTarget({
    words: target.words.map((word) => fillIn(word, place.values)),
    through: launches.flatMap((it) => it.through),
    environment: {
      ...Object.assign({}, ...launches.map((it) => it.environment)),
      TMPDIR: place.temporary,
      PORT: place.values['port']!,
    },
    mark,
  });
}
