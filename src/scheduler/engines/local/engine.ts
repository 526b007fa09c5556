// Jobs as process trees on this machine. Each process has a keeper that outlives us; what we know of it is in its files, so
// everything here can be taken up by the next scheduler. Trees are owned, ended and proven gone by src/supervise.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, hostname, totalmem } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../../base/errors.ts';
import { thisProcess } from '../../../base/process-identity.ts';
import { endTree, killTree, describeRef, signalRef, sweep, waysDown, withCookie } from '../../../supervise/index.ts';
import type { MemberFinding } from '../../core/events.ts';
import { treeOf } from '../../core/resources.ts';
import type { Member, Pool, Run } from '../../core/types.ts';
import type { Engine, EngineListener, Proven, SpawnRequest } from '../port.ts';
import type { Devices } from './devices.ts';
import { Layout } from './layout.ts';
import { MemberWatch } from './member-watch.ts';
import { portEvidence } from './ports.ts';
import { readExit, readRecorded, readText, revoke } from './records.ts';
import { heldEvidence } from './held.ts';
import { type Preparation, prepareRun } from './prepare-run.ts';
import { readRunRecord } from './run-record.ts';
import { runCookie, RunTree, startedOf } from './run-tree.ts';
import { specText } from './spec.ts';

const KEEPER = join(import.meta.dirname, 'keeper.sh');
/** In case the directory's events are missed. */
const LOOK_MS = 2_000;
/** How long a proof waits for keepers to have said how their commands ended. */
const LAST_WORD_MS = 1_000;

export interface LocalOptions {
  readonly stateDir: string;
  readonly storeId: string;
  readonly devices: Devices;
  readonly ports: readonly [number, number] | null;
  readonly listener: EngineListener;
  /** Told of what could not be done as asked, such as a limit that nothing here enforces. */
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

export class LocalEngine implements Engine {
  readonly #options: LocalOptions;
  readonly #layout: Layout;
  /** `RUN/MEMBER` → its watch. */
  readonly #watches = new Map<string, MemberWatch>();
  readonly #trees = new Map<string, RunTree>();
  readonly #preparation: Preparation;
  readonly #looks: NodeJS.Timeout;

  constructor(options: LocalOptions) {
    this.#options = options;
    this.#layout = new Layout(options.stateDir);
    const hasCgroups = waysDown(process.env, false).some(({ rung }) => rung === 'cgroup');
    this.#preparation = { ...options, layout: this.#layout, hasCgroups };
    this.#looks = setInterval(() => this.#lookAtAll(), LOOK_MS);
    this.#looks.unref();
  }

  async pool(): Promise<Pool> {
    const name = hostname();
    const gpus = await this.#options.devices.list(name);
    return {
      nodes: [{ name, cpus: availableParallelism(), memoryBytes: totalmem() }],
      gpus,
      ports: this.#options.ports,
    };
  }

  spawn({ run, member, command, memoryBytes }: SpawnRequest): void {
    const { listener, storeId } = this.#options;
    const directory = this.#layout.member(run.id, member.name);
    try {
      const cgroup = prepareRun(this.#preparation, run, memoryBytes);
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const environment = withCookie(command.environment, runCookie(storeId, run)) as Record<string, string>;
      writeFileSync(join(directory, 'spec'), specText({ ...command, environment }), { mode: 0o600 });
      writeFileSync(join(directory, 'go'), '', { mode: 0o600 });
      const { PATH } = process.env;
      const groups = cgroup ? [cgroup.path, ...cgroup.bounds] : [];
      const keeper = spawn('/bin/sh', [KEEPER, ...groups], {
        cwd: directory,
        detached: true,
        stdio: 'ignore',
        // Without our own cookie, if we have one, it is nobody's to kill but ours.
        env: PATH === undefined ? {} : { PATH },
      });
      keeper.unref();
      this.#listen(run, member, keeper);
      keeper.once('error', (error) => this.#neverSpawned(run, member, messageOf(error)));
    } catch (error) {
      listener.spawnFailed(run.id, member.name, messageOf(error), 126);
    }
  }

  inspect(run: Run, member: Member): MemberFinding {
    const directory = this.#layout.member(run.id, member.name);
    const record = readRunRecord(this.#layout.run(run.id));
    if (!record) return { kind: 'never' };
    const { host, bootId } = thisProcess();
    if (record.host !== host) return { kind: 'unknown', why: `it ran on ${record.host}, and this is ${host}` };
    const exit = readExit(directory);
    if (exit) return { kind: 'exited', exit };
    // Nothing outlives its boot.
    if (record.bootId !== bootId) return { kind: 'lost', why: 'the machine was started anew' };
    if (readText(directory, 'claimed') === null && revoke(directory)) return { kind: 'never' };
    const watch = this.#listen(run, member, null);
    const keeper = readRecorded(directory, 'keeper.pid');
    if (keeper && !watch.isOver) return { kind: 'alive' };
    // It may have written its last word between the two looks.
    const late = readExit(directory);
    return late
      ? { kind: 'exited', exit: late }
      : { kind: 'lost', why: 'its keeper is gone and has not said how it ended' };
  }

  wasSignalled(run: Run): boolean {
    return readText(this.#layout.run(run.id), 'signalled') !== null;
  }

  signal(run: Run): void {
    // Whoever finds this mark does not know whether the signal was sent, and does not send another (scheduler.md).
    const mark = join(this.#layout.run(run.id), 'signalled');
    try {
      writeFileSync(mark, '', { flag: 'wx', mode: 0o600 });
    } catch {
      return;
    }
    const tree = this.#treeOf(run);
    const members = tree.look();
    const leaders = new Set(startedOf(this.#layout, run.id).map(({ pid }) => pid));
    for (const member of members) {
      if (!leaders.has(member.pid)) signalRef(member, 'SIGTERM');
    }
    // The first process last, so that it does not start what the others have just been asked to end.
    for (const member of members) if (leaders.has(member.pid)) signalRef(member, 'SIGTERM');
  }

  kill(run: Run): void {
    for (const member of run.members) {
      if (member.state === 'spawning') revoke(this.#layout.member(run.id, member.name));
    }
    const tree = this.#treeOf(run);
    tree.look();
    killTree(tree.tree, tree.remembered);
  }

  async prove(run: Run, withinMs: number): Promise<Proven> {
    const endAtMs = performance.now() + withinMs;
    const tree = this.#treeOf(run);
    for (const process of startedOf(this.#layout, run.id)) tree.add(process);
    tree.look();
    const proof = await endTree(tree.tree, tree.remembered, withinMs - Math.min(LAST_WORD_MS, withinMs / 5));
    await this.#lastWords(run, Math.min(LAST_WORD_MS, Math.max(0, endAtMs - performance.now())));
    const silent = run.members.filter(({ name }) => this.#isSpawning(run, name));
    if (proof.proven === false || silent.length > 0) {
      const left = [...proof.survivors.map(describeRef), ...silent.map(({ name }) => `the keeper of ${name}`)];
      return {
        tree: 'unproven',
        unproven: { [treeOf(run)]: `still there: ${left.join(', ') || 'something of its group'}` },
      };
    }
    const before = readRunRecord(this.#layout.run(run.id))?.usedBefore ?? {};
    const unproven = await heldEvidence(this.#options.devices, run, before, tree.pids, endAtMs);
    return { tree: proof.proven === 'swept' ? 'swept' : 'proven', unproven };
  }

  async check(resource: string, run: Run | null): Promise<string | null> {
    const [kind] = resource.split(':', 1);
    if (kind === 'port') return await portEvidence(Number(resource.slice('port:'.length)));
    const tree = run ? this.#treeOf(run) : null;
    if (kind === 'tree') {
      if (!tree) return 'nothing is known of it on this machine';
      const proof = await endTree(tree.tree, tree.remembered, LAST_WORD_MS);
      return proof.proven === false ? `still there: ${proof.survivors.map(describeRef).join(', ')}` : null;
    }
    const before = run ? (readRunRecord(this.#layout.run(run.id))?.usedBefore ?? {}) : {};
    const evidence = await this.#options.devices.evidence([resource], before, tree?.pids ?? new Set());
    return evidence[resource] ?? null;
  }

  async foreign(runs: readonly Run[]): Promise<Readonly<Record<string, string>>> {
    const ours = new Set<number>();
    for (const run of runs) {
      const tree = this.#treeOf(run);
      tree.look();
      for (const pid of tree.pids) ours.add(pid);
    }
    return await this.#options.devices.foreign((pid) => ours.has(pid));
  }

  sweep(runs: readonly Run[]): readonly string[] {
    const known = new Set(runs.map(({ job, attempt }) => `${job}/${attempt}`));
    const { storeId } = this.#options;
    const isLeft = (cookie: { storeId: string; unit: string; attempt: string }) =>
      cookie.storeId === storeId && !known.has(`${cookie.unit}/${cookie.attempt}`);
    const { found } = sweep(isLeft);
    return found.filter((process) => signalRef(process, 'SIGKILL')).map(describeRef);
  }

  forget(run: string): void {
    for (const [key, watch] of this.#watches) {
      if (!key.startsWith(`${run}/`)) continue;
      watch[Symbol.dispose]();
      this.#watches.delete(key);
    }
    this.#trees.delete(run);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#looks);
    for (const watch of this.#watches.values()) watch[Symbol.dispose]();
    this.#watches.clear();
  }

  #listen(run: Run, member: Member, keeper: ReturnType<typeof spawn> | null): MemberWatch {
    const { listener } = this.#options;
    const key = `${run.id}/${member.name}`;
    this.#watches.get(key)?.[Symbol.dispose]();
    const watch = new MemberWatch(this.#layout.member(run.id, member.name), keeper, {
      started: (process) => {
        this.#treeOf(run).add(process);
        listener.spawned(run.id, member.name);
      },
      exited: (exit) => listener.exited(run.id, member.name, exit),
      never: () => listener.spawnFailed(run.id, member.name, 'it was called back before it had begun', 126),
      lost: (why) => listener.lost(run.id, member.name, why),
    });
    this.#watches.set(key, watch);
    watch.look();
    return watch;
  }

  /** The machine could not start even the keeper. */
  #neverSpawned(run: Run, member: Member, why: string): void {
    revoke(this.#layout.member(run.id, member.name));
    this.#watches.get(`${run.id}/${member.name}`)?.[Symbol.dispose]();
    this.#options.listener.spawnFailed(run.id, member.name, why, 126);
  }

  #treeOf(run: Run): RunTree {
    const known = this.#trees.get(run.id);
    if (known) return known;
    const record = readRunRecord(this.#layout.run(run.id));
    const { host, bootId, startTime } = thisProcess();
    const nothing = { host, bootId, cgroup: null, since: startTime, usedBefore: {} };
    const tree = new RunTree(runCookie(this.#options.storeId, run), record ?? nothing);
    for (const process of startedOf(this.#layout, run.id)) tree.add(process);
    this.#trees.set(run.id, tree);
    return tree;
  }

  /** Whether its keeper may still start something. */
  #isSpawning(run: Run, member: string): boolean {
    const directory = this.#layout.member(run.id, member);
    if (readText(directory, 'claimed') === null) return readText(directory, 'go') !== null && !revoke(directory);
    // Claimed, and not begun: it may begin at any moment.
    if (readRecorded(directory, 'started') !== null) return false;
    const watch = this.#watches.get(`${run.id}/${member}`);
    return watch !== undefined && !watch.isOver;
  }

  async #lastWords(run: Run, withinMs: number): Promise<void> {
    const watches = run.members.flatMap(({ name }) => this.#watches.get(`${run.id}/${name}`) ?? []);
    for (const watch of watches) watch.look();
    const open = watches.filter((watch) => !watch.isOver);
    if (open.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    await Promise.race([promise, Promise.all(open.map((watch) => watch.ended))]);
    clearTimeout(timer);
  }

  #lookAtAll(): void {
    for (const [key, watch] of this.#watches) {
      if (watch.isOver) this.#watches.delete(key);
      else watch.look();
    }
  }
}
