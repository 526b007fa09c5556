// The watchdog's thread. It holds the last state of each root unit; when a deadline has passed and the process still
// lives, it writes the reports that are missing and kills the process. Of all ways to end a process only SIGKILL works
// while its main loop is blocked; the parent then sees 137. Nothing that may block stands between the deadline and the
// kill but the report file itself. It loads little, since what a thread has loaded makes its process slower to exit.
import { parentPort, workerData } from 'node:worker_threads';
import type * as cut from './cut.ts';
import { journalRunningRecord } from './journal.ts';
import { logLine } from './log-line.ts';
import { systemMs, type ToWatchdog, type WatchdogStart, type WatchedUnit } from './messages.ts';
import { SharedAccount } from './shared-account.ts';
import { type RecordedUnit, recordOf, type UnitSnapshot } from './snapshot.ts';

/** A healthy loop gets this long after the deadline to end the process itself, with exit code 105. */
const SLACK_MS = 500;
/** An ending that takes longer than this may need the watchdog, and gets its state journalled. */
const MOMENT_MS = 100;
/** Loading what writes the report may hang with the disk that it is on; the process is killed all the same. */
const REPORT_MS_MAX = 2_000;
/** While an ending takes long, every change is journalled so much later, and by the share that writing takes of a thread. */
const JOURNAL_AFTER_MS = 20;
const JOURNAL_SHARE = 0.1;
/** How often counts are journalled and the main loop's sign of life is looked at. */
const ROUND_MS = 1_000;
/** The longest that a timer of Node waits, 24 days. */
const TIMER_MS_MAX = 2 ** 31 - 1;
/** The main loop is blocked when it gave no sign for this long. */
const BLOCKED_MS = 5_000;

interface Watched {
  readonly unit: WatchedUnit;
  /** This unit and all inside it, as told last. */
  readonly snapshots: Map<string, UnitSnapshot>;
  timer: NodeJS.Timeout | undefined;
  /** When the process is killed; Infinity while nothing ends. */
  killAtMs: number;
  /** Set once an ending has begun, and true when it takes longer than a moment. */
  long: boolean | undefined;
  /** What was journalled last, to spare the disk. */
  journalled: string;
  journalTimer: NodeJS.Timeout | undefined;
  /** How long that took. */
  journalMs: number;
}

const units = new Map<string, Watched>();
const { heartbeat } = workerData as WatchdogStart;
const lastBeatMs = new Float64Array(heartbeat);
let toldBlocked = false;

parentPort?.on('message', (message: ToWatchdog) => {
  if (message.type === 'watch') {
    units.set(message.unit.instance, watched(message.unit));
    return;
  }
  const found = units.get(message.instance);
  if (!found) return;
  if (message.type === 'deadline') arm(found, message.atMs);
  else if (message.type === 'changed') take(found, message.units);
  else forget(found);
  // Timers have to wait while messages come in faster than they are taken.
  endIfDue(found);
});

function watched(unit: WatchedUnit): Watched {
  const timers = { timer: undefined, killAtMs: Infinity, long: undefined };
  return { unit, snapshots: new Map(), ...timers, journalled: '', journalTimer: undefined, journalMs: 0 };
}

function take(found: Watched, changed: readonly (readonly [string, UnitSnapshot])[]): void {
  for (const [instance, snapshot] of changed) found.snapshots.set(instance, snapshot);
  // Killed from outside in the middle of an ending: the next start should know how far it came.
  if (found.long) journalSoon(found);
}

function forget({ unit, timer, journalTimer }: Watched): void {
  clearTimeout(timer);
  clearTimeout(journalTimer);
  units.delete(unit.instance);
}

setInterval(() => {
  for (const found of units.values()) journal(found);
  tellIfBlocked();
}, ROUND_MS);

function arm(found: Watched, atMs: number): void {
  found.killAtMs = atMs + SLACK_MS;
  waitForKill(found);
  if (found.long !== undefined) return;
  found.long = false;
  setTimeout(() => {
    found.long = true;
    // A failure shows when it is needed, and then the process is killed without a report.
    void loadCut().catch(() => undefined);
    journal(found);
  }, MOMENT_MS);
}

function waitForKill(found: Watched): void {
  clearTimeout(found.timer);
  const delayMs = Math.ceil(found.killAtMs - systemMs());
  // Timers may fire a little early.
  const due = () => (systemMs() < found.killAtMs ? waitForKill(found) : void endProcess());
  found.timer = setTimeout(due, Math.min(Math.max(1, delayMs), TIMER_MS_MAX));
}

function endIfDue(found: Watched): void {
  if (systemMs() >= found.killAtMs) void endProcess();
}

function loadCut(): Promise<typeof cut> {
  return import('./cut.ts');
}

let ending = false;

/** Time is up for one unit, and the others of the process end with it. */
async function endProcess(): Promise<void> {
  if (ending) return;
  ending = true;
  const kill = () => process.kill(process.pid, 'SIGKILL');
  setTimeout(kill, REPORT_MS_MAX);
  try {
    const { reportCutUnit } = await loadCut();
    for (const { unit, snapshots } of units.values()) {
      const root = snapshots.get(unit.instance);
      if (!root || !new SharedAccount(root.account).claimReport('watchdog')) continue;
      reportCutUnit(unit, recordOf(root, snapshots), systemMs() - unit.zeroMs);
    }
  } finally {
    kill();
  }
}

function journalSoon(found: Watched): void {
  found.journalTimer ??= setTimeout(
    () => {
      found.journalTimer = undefined;
      journal(found);
    },
    Math.max(JOURNAL_AFTER_MS, found.journalMs / JOURNAL_SHARE),
  );
}

function journal(found: Watched): void {
  const { unit, snapshots } = found;
  const root = snapshots.get(unit.instance);
  if (!root || unit.stateDir === null || unit.process === null) return;
  // Its record was removed, or will be: one written now would stay behind as a unit that never ended.
  if (new SharedAccount(root.account).reportClaimed) return;
  const startedAtMs = systemMs();
  const recorded = recordOf(root, snapshots);
  const text = JSON.stringify(recorded);
  if (text !== found.journalled) write(unit.stateDir, unit.process, recorded);
  found.journalled = text;
  found.journalMs = systemMs() - startedAtMs;
  forgetFormer(root, snapshots);
}

/** Parts that were started again leave their reports to their parent, which keeps a bounded number of them. */
function forgetFormer(root: UnitSnapshot, snapshots: Map<string, UnitSnapshot>): void {
  const known = new Set([root.identity.instance]);
  for (const instance of known) for (const part of snapshots.get(instance)?.parts ?? []) known.add(part);
  for (const instance of snapshots.keys()) if (!known.has(instance)) snapshots.delete(instance);
}

function write(stateDir: string, process: NonNullable<WatchedUnit['process']>, unit: RecordedUnit): void {
  try {
    journalRunningRecord(stateDir, { schema: 'lastcall.running/1', process, journalledAtMs: Date.now(), unit });
  } catch {
    // A disk that is full now may have room later; the record from the start is still there.
  }
}

/** The one sign of a blocked loop that gets out while it is blocked: no handler, timer or scrape of ours does. */
function tellIfBlocked(): void {
  const silentMs = systemMs() - lastBeatMs[0]!;
  if (silentMs < BLOCKED_MS) {
    toldBlocked = false;
    return;
  }
  if (toldBlocked) return;
  toldBlocked = true;
  for (const { unit, snapshots } of units.values()) {
    const root = snapshots.get(unit.instance);
    if (unit.logs && root) logLine('loop_blocked', root.identity, { silentMs: Math.round(silentMs) });
  }
}
