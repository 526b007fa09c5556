// The commands of one unit: the main one and its companions, how each is launched, and what all of them come to.
import { LastcallError, messageOf } from '../../base/errors.ts';
import { systemClock } from '../../base/clock.ts';
import type { Unit } from '../../lifecycle/index.ts';
import { NO_LIMITS } from '../ownership/cgroup.ts';
import { ownedAttempt } from '../ownership/cookie.ts';
import { launch, type Stream } from '../ownership/launch.ts';
import type { OwnedProcess } from '../ownership/owned-process.ts';
import type { Front } from '../front/front.ts';
import { reportOfCommand } from './child-report.ts';
import { commandEnvironment } from './environment.ts';
import { cookieUnit } from './leftovers.ts';
import { passOn } from './output.ts';
import type { Plan } from './plan.ts';
import { type CommandSpec, Supervised } from './supervised.ts';

export class Commands {
  readonly main: Supervised;
  readonly companions: readonly Supervised[];
  /** What passes through us settles when all of it was handed over. */
  readonly passing: Promise<void>[] = [];
  readonly #plan: Plan;
  readonly #unit: Unit;
  readonly #stateDir: string | null;
  readonly #storeId: string;
  /** When each tree was started, wall-clock milliseconds. */
  readonly #startedWallMs = new Map<OwnedProcess, number>();
  #environment: NodeJS.ProcessEnv;
  #front: Front | null = null;

  constructor(plan: Plan, unit: Unit, stateDir: string | null, storeId: string) {
    this.#plan = plan;
    this.#unit = unit;
    this.#stateDir = stateDir;
    this.#storeId = storeId;
    this.#environment = commandEnvironment(plan.environment, null);
    this.main = this.#supervise(plan.main, (up) => this.#mainChanged(up));
    this.companions = plan.companions.map((spec) => this.#supervise(spec, () => undefined));
  }

  /** The address where the commands reach the unit, before any is started. */
  set control(path: string | null) {
    this.#environment = commandEnvironment(this.#plan.environment, path);
  }

  get environment(): NodeJS.ProcessEnv {
    return this.#environment;
  }

  /** What listens in the main command's stead: it is told when there is somebody to speak to. */
  set front(front: Front) {
    this.#front = front;
  }

  #mainChanged(up: boolean): void {
    this.#unit.available(up);
    if (up) this.#front?.appReady();
    else this.#front?.appGone();
  }

  /** Ports of the front that still answer. */
  async stillAnswering(): Promise<readonly number[]> {
    return this.#front ? await this.#front.stillAnswering() : [];
  }

  /** In the order in which they end: the main one, then the companions, the last one first. */
  get inOrder(): readonly Supervised[] {
    return [this.main, ...this.companions.toReversed()];
  }

  killNow(): void {
    for (const command of this.inOrder) command.killNow();
  }

  /** Whether a lifecycle of ours killed the command at its deadline: it could not say 105 itself. */
  wasKilledAtDeadline(): boolean {
    const { current } = this.main;
    return current !== null && this.#reportOf(current)?.exitCode === 105;
  }

  #supervise(spec: CommandSpec, changed: (up: boolean) => void): Supervised {
    const unit = this.#unit;
    return new Supervised(spec, {
      launch: (command, attempt, look) => this.#launch(command, attempt, look),
      environment: () => this.#environment,
      log: (event, fields) => unit.log(event, fields),
      changed,
      codeIsOfEnding: (owned, code) => {
        const report = this.#reportOf(owned);
        return report?.exitCodeFrom === 'ending' && report.exitCode === code;
      },
    });
  }

  async #launch(spec: CommandSpec, attempt: number, look: ((line: string) => void) | null): Promise<OwnedProcess> {
    const { name, instance } = this.#unit;
    const { rung, limits, foreground, stdoutIsOurs } = this.#plan;
    const isMain = spec === this.#plan.main;
    const stdout: Stream = look ? 'pipe' : stdoutIsOurs ? 2 : 'inherit';
    const startedWallMs = systemClock.wallMs();
    const owned = await launch({
      argv: spec.argv,
      environment: this.#environment,
      cookie: {
        storeId: this.#storeId,
        unit: cookieUnit(name, isMain ? null : spec.name),
        attempt: ownedAttempt(`${instance}.${attempt}`),
      },
      // Two readers of one terminal would share its lines out between them.
      streams: [isMain ? 'inherit' : 'ignore', stdout, look ? 'pipe' : 'inherit'],
      group: `lastcall-${instance}-${isMain ? 'main' : encodeURIComponent(spec.name)}-${attempt}`,
      limits: isMain ? limits : NO_LIMITS,
      rung,
      terminal: foreground && isMain,
    });
    this.#startedWallMs.set(owned, startedWallMs);
    // Until it is proven, whoever has to write the report in our stead must not say that all is released.
    this.#unit.released({
      proven: false,
      processes: { ended: 0, survivors: [] },
      gpus: [],
      ports: [],
      quarantined: [],
    });
    if (look) this.#passOn(owned, stdoutIsOurs, look);
    return owned;
  }

  #passOn(owned: OwnedProcess, stdoutIsOurs: boolean, look: (line: string) => void): void {
    const { stdout, stderr } = owned;
    if (stdout) this.passing.push(passOn(stdout, stdoutIsOurs ? process.stderr : process.stdout, look));
    if (stderr) this.passing.push(passOn(stderr, process.stderr, look));
  }

  #reportOf(owned: OwnedProcess): ReturnType<typeof reportOfCommand> {
    return reportOfCommand(this.#stateDir, owned.pids, this.#startedWallMs.get(owned) ?? Infinity);
  }

  /** Starts companions in their order and then the main command, each when the one before is ready. @throws LastcallError */
  async start(): Promise<void> {
    for (const companion of this.companions) {
      if (this.#unit.stopRequested.aborted) return;
      try {
        await companion.start();
      } catch (error) {
        throw unavailable(companion.spec.name, error);
      }
    }
    if (!this.#unit.stopRequested.aborted) await this.main.start();
  }
}

function unavailable(name: string, error: unknown): LastcallError {
  const { what, todo } =
    error instanceof LastcallError ? error : { what: messageOf(error), todo: 'Look at its output.' };
  return new LastcallError('dependency', { what, on: `companion ${name}`, todo, cause: error });
}
