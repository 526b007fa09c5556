// What `lastcall run` does, resolved: everything that was given is read and checked before anything is started.
import type { UnitOptions } from '../../lifecycle/index.ts';
import type { Limits } from '../ownership/cgroup.ts';
import type { Rung } from '../ownership/tree.ts';
import type { FrontOptions } from '../front/front.ts';
import type { Deregistration } from './deregister/deregistration.ts';
import type { NoticeSource } from './notices/source.ts';
import type { AskedProbe } from './probe/ask.ts';
import type { CommandSpec } from './supervised.ts';

export interface FrontPlan {
  /** Addresses as `startFront` takes them. */
  readonly listen: readonly string[];
  /** Where the command listens. */
  readonly app: string;
  readonly taskLog: string | null;
  /** What else was said of it. */
  readonly more: Pick<FrontOptions, 'paths' | 'whenDraining' | 'wait' | 'trustedHops'>;
}

export interface Plan {
  readonly name: string;
  /** Somebody chose the name, so another unit of that name is in the way. */
  readonly nameGiven: boolean;
  readonly main: CommandSpec;
  /** In the order of their start. */
  readonly companions: readonly CommandSpec[];
  readonly companionDeath: 'report' | 'end';
  readonly rung: Rung | null;
  readonly limits: Limits;
  /** The command gets the terminal. */
  readonly foreground: boolean;
  /** The command's stdout goes to stderr, because ours has the report. */
  readonly stdoutIsOurs: boolean;
  /** Where the command listens; null if nobody said. */
  readonly appPort: number | null;
  /** What listens in the command's stead; null: the command itself does, if anybody. */
  readonly front: FrontPlan | null;
  /** What has to say yes before the command is told to end. */
  readonly drainUntil: AskedProbe | null;
  readonly deregister: readonly Deregistration[];
  readonly notice: NoticeSource | null;
  readonly onExit: readonly [string, ...string[]] | null;
  /** Touching it during the ending asks for more time. */
  readonly extendFile: string | null;
  readonly environment: NodeJS.ProcessEnv;
  readonly unit: UnitOptions;
}
