// One command under supervision, the main one or a companion: started, asked whether it is ready and alive, started again
// by its rule, and ended politely: the signal, a second one if that was asked for, then whatever else of its tree is left.
// The kill and the proof are release's business (release.ts).
import { systemClock } from '../../base/clock.ts';
import { LastcallError } from '../../base/errors.ts';
import type { OwnedProcess } from '../ownership/owned-process.ts';
import { decideRestart, type RestartPolicy } from './core/restart.ts';
import type { Probe } from './probe/probe.ts';
import { watchLiveness } from './probe/liveness.ts';
import { untilReady } from './probe/readiness.ts';
import { ignoresSignal } from './signal-mask.ts';

export interface StopRule {
  readonly signal: NodeJS.Signals;
  /** A second signal, so long after the first. */
  readonly then: { readonly signal: NodeJS.Signals; readonly afterMs: number } | null;
}

export interface CommandSpec {
  /** For people and logs: `command`, or the companion's name. */
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  readonly ready: Probe | null;
  readonly readyWithinMs: number;
  readonly live: Probe | null;
  readonly restart: RestartPolicy;
  readonly stop: StopRule;
}

export interface CommandPorts {
  /** Starts it once more; `attempt` counts from 1. `look` sees its lines if they pass through us. */
  readonly launch: (spec: CommandSpec, attempt: number, look: ((line: string) => void) | null) => Promise<OwnedProcess>;
  readonly environment: () => NodeJS.ProcessEnv;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Up for the first time or again, or down until the next start. */
  readonly changed: (up: boolean) => void;
  /** Whether the code is one of an ending, by the report that the process left. */
  readonly codeIsOfEnding: (owned: OwnedProcess, code: number) => boolean;
}

/** How often it is looked whether the rest of a tree has gone by itself. */
const REST_LOOK_MS = 25;
/** A process that was found dead has so long to end by the signal before its tree is killed. */
const UNWELL_GRACE_MS = 10_000;

export class Supervised {
  readonly spec: CommandSpec;
  /** The exit code with which it ended for good. */
  readonly ended: Promise<number>;
  /** Every tree that was ever started and is not proven gone. */
  readonly trees: OwnedProcess[] = [];
  attempts = 0;
  /** It said that its work is complete. */
  complete = false;
  readonly #ports: CommandPorts;
  readonly #ended = Promise.withResolvers<number>();
  readonly #stopping = new AbortController();
  readonly #saidReady = Promise.withResolvers<void>();
  #lines = new Set<(line: string) => void>();
  #current: OwnedProcess | null = null;
  #failures = 0;
  #over = false;
  #stopped: Promise<void> | undefined;

  constructor(spec: CommandSpec, ports: CommandPorts) {
    this.spec = spec;
    this.#ports = ports;
    this.ended = this.#ended.promise.finally(() => (this.#over = true));
  }

  /** The tree that runs now; null before the first start, and between two. */
  get current(): OwnedProcess | null {
    return this.#current;
  }

  get over(): boolean {
    return this.#over;
  }

  /** It told so itself, over the control socket. */
  saidReady(): void {
    this.#saidReady.resolve();
  }

  /**
   * Starts it, and settles when it is ready.
   * @throws LastcallError `dependency` if it is not in time, with the last answer; `cancelled` if it ended or was stopped first
   */
  async start(): Promise<void> {
    const owned = await this.#launch();
    void this.#follow(owned);
    await this.#untilReady(owned);
  }

  /** Asks it to end, and settles when nothing of it is left, or `signal` says that waiting is over. Joins a stop that runs. */
  stop(signal: AbortSignal): Promise<void> {
    this.#stopping.abort();
    this.#stopped ??= this.#stop();
    return Promise.race([this.#stopped, aborted(signal)]);
  }

  /** Draining was given up: whoever was asked to end gets the second signal, at once. */
  hurryIfAsked(): void {
    if (!this.#stopping.signal.aborted || this.#over) return;
    const { then, signal } = this.spec.stop;
    this.#signal(then?.signal ?? signal);
  }

  killNow(): void {
    for (const tree of this.trees) tree.killNow();
  }

  async #launch(): Promise<OwnedProcess> {
    this.attempts++;
    const needsLines = this.spec.ready?.kind === 'log' || this.spec.live?.kind === 'log';
    const look = needsLines ? (line: string) => this.#lines.forEach((listener) => listener(line)) : null;
    const owned = await this.#ports.launch(this.spec, this.attempts, look);
    this.trees.push(owned);
    this.#current = owned;
    const { rung, command } = owned.tree;
    this.#ports.log('command_started', {
      name: this.spec.name,
      pid: command?.pid ?? null,
      rung,
      attempt: this.attempts,
    });
    return owned;
  }

  async #untilReady(owned: OwnedProcess): Promise<void> {
    const { ready, readyWithinMs, name } = this.spec;
    if (ready) {
      const ended = owned.exited.then((code) => {
        throw new LastcallError('cancelled', {
          what: `it ended with ${code} before it was ready`,
          on: name,
          todo: 'Read what it printed.',
        });
      });
      ended.catch(() => undefined);
      const environment = this.#ports.environment();
      const waiting = untilReady(ready, {
        environment,
        withinMs: readyWithinMs,
        name,
        stopped: this.#stopping.signal,
        saidReady: this.#saidReady.promise,
        lines: this.#lines,
      });
      await Promise.race([waiting, ended]);
    }
    if (this.#stopping.signal.aborted || !owned.running) return;
    this.#ports.changed(true);
    if (this.spec.live) this.#watch(owned, this.spec.live);
  }

  #watch(owned: OwnedProcess, probe: Probe): void {
    if (probe.kind === 'log' || probe.kind === 'control') return;
    const { log, environment } = this.#ports;
    const over = AbortSignal.any([this.#stopping.signal, endOf(owned)]);
    watchLiveness(probe, environment(), over, (said) => {
      log('command_unwell', { name: this.spec.name, said });
      owned.signal(this.spec.stop.signal);
      const cancel = systemClock.after(UNWELL_GRACE_MS, () => owned.killNow());
      void owned.exited.then(cancel);
    });
  }

  /** Waits for its end, and starts it again as its rule says. */
  async #follow(owned: OwnedProcess): Promise<void> {
    const startedAtMs = systemClock.monotonicMs();
    const code = await owned.exited;
    const { log, codeIsOfEnding, changed } = this.#ports;
    const stopping = () => this.#stopping.signal.aborted;
    if (stopping() || this.spec.restart.rule === 'never') return this.#finish(code);
    const ranMs = systemClock.monotonicMs() - startedAtMs;
    const end = { code, ranMs, codeIsOfEnding: codeIsOfEnding(owned, code), complete: this.complete };
    const again = decideRestart(this.spec.restart, end, this.#failures);
    if (again === null || stopping()) return this.#finish(code);
    this.#failures = again.failures;
    changed(false);
    log('command_restarting', { name: this.spec.name, code, afterMs: again.afterMs });
    // What it left would be in the way of the next one, which wants the same port.
    const proof = await owned.end(UNWELL_GRACE_MS);
    if (proof.proven !== false) this.trees.splice(this.trees.indexOf(owned), 1);
    await Promise.race([pause(again.afterMs), aborted(this.#stopping.signal)]);
    if (stopping()) return this.#finish(code);
    try {
      const next = await this.#launch();
      void this.#follow(next);
      await this.#untilReady(next);
    } catch (error) {
      log('command_not_ready', { name: this.spec.name, error: String(error) });
      this.#current?.killNow();
      if (!this.#current?.running) this.#finish(code);
    }
  }

  #finish(code: number): void {
    this.#over = true;
    this.#ended.resolve(code);
  }

  async #stop(): Promise<void> {
    const owned = this.#current;
    if (owned === null) return this.#finish(0);
    if (owned.running) {
      this.#signal(this.spec.stop.signal);
      const { then } = this.spec.stop;
      const cancel = then ? systemClock.after(then.afterMs, () => this.#signal(then.signal)) : () => undefined;
      await owned.exited;
      cancel();
    }
    await this.#stopRest(owned);
  }

  /** Shells and npm pass nothing on: what they leave behind is asked as well, and given the time that there is. */
  async #stopRest(owned: OwnedProcess): Promise<void> {
    if (owned.isEmpty() || owned.members().length === 0) return;
    const count = owned.signalTree(this.spec.stop.signal);
    this.#ports.log('command_left_others', { name: this.spec.name, count, signal: this.spec.stop.signal });
    while (owned.members().length > 0) await pause(REST_LOOK_MS);
  }

  /** To the command alone; to its whole tree if it has ended, or has chosen to ignore the signal. */
  #signal(signal: NodeJS.Signals): void {
    const owned = this.#current;
    if (!owned) return;
    const pid = owned.running ? owned.pid : null;
    if (pid === null || ignoresSignal(pid, signal)) owned.signalTree(signal);
    else owned.signal(signal);
    this.#ports.log('command_signalled', { name: this.spec.name, signal });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function endOf(owned: OwnedProcess): AbortSignal {
  const controller = new AbortController();
  void owned.exited.then(() => controller.abort());
  return controller.signal;
}
