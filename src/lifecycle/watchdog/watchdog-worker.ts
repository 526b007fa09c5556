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
import { type RecordedUnit, refresh, type UnitSnapshot } from './snapshot.ts';

/** A healthy loop gets this long after the deadline to end the process itself, with exit code 105. */
const SLACK_MS = 500;
/** An ending that takes longer than this may need the watchdog, and gets its state journalled. */
const MOMENT_MS = 100;
/** Loading what writes the report may hang with the disk that it is on; the process is killed all the same. */
const REPORT_MS_MAX = 2_000;
/** How often counts are journalled and the main loop's sign of life is looked at. */
const ROUND_MS = 1_000;
/** The main loop is blocked when it gave no sign for this long. */
const BLOCKED_MS = 5_000;

interface Watched {
  readonly unit: WatchedUnit;
  snapshot: UnitSnapshot | null;
  timer: NodeJS.Timeout | undefined;
  /** Set once an ending has begun, and true when it takes longer than a moment. */
  long: boolean | undefined;
  /** What was journalled last, to spare the disk. */
  journalled: string;
}

const units = new Map<string, Watched>();
const { heartbeat } = workerData as WatchdogStart;
const lastBeatMs = new Float64Array(heartbeat);
let toldBlocked = false;

parentPort?.on('message', (message: ToWatchdog) => {
  if (message.type === 'watch') {
    const { unit } = message;
    units.set(unit.instance, { unit, snapshot: null, timer: undefined, long: undefined, journalled: '' });
    return;
  }
  const watched = units.get(message.instance);
  if (!watched) return;
  if (message.type === 'snapshot') {
    watched.snapshot = message.snapshot;
    // Killed from outside in the middle of an ending: the next start should know how far it came.
    if (watched.long) journal(watched);
  } else {
    clearTimeout(watched.timer);
    if (message.type === 'deadline') arm(watched, message.atMs);
    else units.delete(message.instance);
  }
});

setInterval(() => {
  for (const watched of units.values()) journal(watched);
  tellIfBlocked();
}, ROUND_MS);

function arm(watched: Watched, atMs: number): void {
  const delayMs = atMs + SLACK_MS - systemMs();
  watched.timer = setTimeout(() => void endProcess(), Math.min(Math.max(0, delayMs), 2 ** 31 - 1));
  if (watched.long !== undefined) return;
  watched.long = false;
  setTimeout(() => {
    watched.long = true;
    // A failure shows when it is needed, and then the process is killed without a report.
    void loadCut().catch(() => undefined);
    journal(watched);
  }, MOMENT_MS);
}

function loadCut(): Promise<typeof cut> {
  return import('./cut.ts');
}

/** Time is up for one unit, and the others of the process end with it. */
async function endProcess(): Promise<void> {
  const kill = () => process.kill(process.pid, 'SIGKILL');
  setTimeout(kill, REPORT_MS_MAX);
  try {
    const { reportCutUnit } = await loadCut();
    for (const { unit, snapshot } of units.values()) {
      if (!snapshot || !new SharedAccount(snapshot.account).claimReport('watchdog')) continue;
      reportCutUnit(unit, snapshot, systemMs() - unit.zeroMs);
    }
  } finally {
    kill();
  }
}

function journal(watched: Watched): void {
  const { unit, snapshot } = watched;
  if (!snapshot || unit.stateDir === null || unit.process === null || snapshot.state.phase === 'ended') return;
  const recorded = refresh(snapshot);
  const text = JSON.stringify(recorded);
  if (text === watched.journalled) return;
  watched.journalled = text;
  write(unit.stateDir, unit.process, recorded);
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
  for (const { unit, snapshot } of units.values()) {
    if (unit.logs && snapshot) logLine('loop_blocked', snapshot.identity, { silentMs: Math.round(silentMs) });
  }
}
