// Everything that was read in one run, put together: what the rules look at.
import type { Cluster } from './subjects/cluster.ts';
import type { Image } from './subjects/image.ts';
import type { Program } from './subjects/program.ts';
import type { ComposeService, EcsContainer, NomadTask } from './subjects/tasks.ts';
import type { Unit } from './subjects/unit.ts';

export interface SystemdService {
  readonly unit: Unit;
  readonly program: Program;
}

/** An image whose command no other file of the run starts, or that is judged as it is. */
export interface BuiltImage {
  readonly image: Image;
  readonly program: Program;
}

export interface World {
  /** The programs of all platforms. */
  readonly programs: readonly Program[];
  readonly cluster: Cluster;
  readonly images: readonly BuiltImage[];
  readonly compose: readonly ComposeService[];
  readonly nomad: readonly NomadTask[];
  readonly ecs: readonly EcsContainer[];
  readonly systemd: readonly SystemdService[];
}
