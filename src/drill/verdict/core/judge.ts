// The verdict on one trial: what was seen, held against what a good ending is. Each rule gives at most one reason.
import { type Announcement, announcementOf, isReady } from './announce.ts';
import { type Finding, finding, type Grade, worstOf } from './findings.ts';
import { exitCodeOf, measure, type Measured, type Measures, SIGNAL_NUMBERS } from './measure.ts';
import type { Expectations, Observation } from './observation.ts';
import { type Fate, isDropped, type Judged } from './requests.ts';
import { describeEnd, DOUBLE_TAP_MS, hasDrops, type Invalid, unseenOf, validityOf } from './validity.ts';

export interface Judgement {
  readonly verdict: 'clean' | 'unclean' | 'invalid';
  readonly grade: Grade | null;
  readonly invalid: Invalid | null;
  readonly findings: readonly Finding[];
  readonly measures: Measures;
  readonly unmeasured: readonly string[];
}

/** After a second signal only saving and releasing is left. */
const FORCED_MS_MAX = 15_000;
const IDS_SHOWN = 3;

export function judge(seen: Observation, expected: Expectations): Judgement {
  const measured = measure(seen, expected);
  const { measures, unmeasured } = measured;
  const invalid = validityOf(seen, measured);
  // A starved drill that saw drops saw drops.
  const isVoid = invalid !== null && !(invalid.code === 'starved' && hasDrops(measured, seen));
  if (isVoid) return { verdict: 'invalid', grade: null, invalid, findings: [], measures, unmeasured };
  const all = [
    ...ofRequests(seen, expected, measured),
    ...ofAnnouncement(seen, expected, measured),
    ...ofEnd(seen, expected, measured),
    ...ofRemains(seen),
  ];
  // How it died matters only where nothing else does.
  const findings = all.length > 1 ? all.filter((it) => it.code !== 'killed-by-signal') : all;
  const grade = worstOf(findings);
  const verdict = grade === 'A' || grade === 'B' ? 'clean' : 'unclean';
  const looksAtEnding = verdict === 'clean' && !isKill(seen) && seen.when !== 'start';
  const unseen = looksAtEnding ? unseenOf(seen, measured, expected.noticeMs) : null;
  if (unseen !== null) return { verdict: 'invalid', grade: null, invalid: unseen, findings: [], measures, unmeasured };
  return { verdict, grade, invalid: null, findings, measures, unmeasured };
}

/** Nobody can finish anything after SIGKILL, so what it cuts is nobody's fault. */
function isKill({ signal }: Observation): boolean {
  return signal === 'SIGKILL';
}

function isDoubleTap({ secondSignal, signalMs }: Observation): boolean {
  return secondSignal !== null && signalMs !== null && secondSignal.atMs - signalMs <= DOUBLE_TAP_MS;
}

function ofRequests(seen: Observation, { deadlineMs }: Expectations, { judged }: Measured): Finding[] {
  const signalMs = seen.signalMs ?? Infinity;
  const mixed = judged.filter((it) => it.fate === 'mixed');
  const found: Finding[] =
    mixed.length > 0 ? [finding('mixed-answers', `${many(mixed, 'answer')} had the id of another request`)] : [];
  // A second signal says: stop waiting. What is cut after it is cut as asked.
  const forcedAtMs = seen.secondSignal !== null && !isDoubleTap(seen) ? seen.secondSignal.atMs : Infinity;
  if (isKill(seen)) return found;
  const dropped = judged.filter(
    (it) => isDropped(it, signalMs) && it.record.endMs! <= forcedAtMs && !isDrillsKill(seen, it, deadlineMs),
  );
  const isTap = isDoubleTap(seen) && dropped.length > 0;
  if (isTap)
    found.push(
      finding(
        'double-tap-kills',
        `${many(dropped, 'request')} dropped after two signals within ${Math.round(seen.secondSignal!.atMs - signalMs)} ms`,
      ),
    );
  const of = (fates: readonly Fate[], inFlight?: boolean): Judged[] =>
    dropped.filter((it) => fates.includes(it.fate) && (inFlight === undefined || it.inFlight === inFlight));
  const add = (code: Finding['code'], which: readonly Judged[], how: string): void => {
    if (which.length > 0) found.push(finding(code, `${many(which, 'request')} ${how} (${idsOf(which)})`));
  };
  if (!isTap) {
    add(
      'dropped-in-flight',
      of(['reset', 'garbage', 'refused', 'turned-away'], true),
      'that the target was working on got no answer',
    );
    add('truncated', of(['truncated']), 'got the beginning of an answer and not its end');
  }
  add(
    'dropped-after-signal',
    of(['reset', 'garbage', 'refused', 'turned-away'], false),
    seen.behindRouter
      ? 'sent after the deletion got no good answer'
      : 'sent after the signal, and connected, got no answer',
  );
  add('errors-in-drain', of(['error']), 'got an answer of 500 or more after the signal');
  add('hung', of(['timeout']), 'got no whole answer in time');
  return found;
}

/** What ended because the drill killed the target at the deadline is told by `deadline-exceeded`, once. */
function isDrillsKill(seen: Observation, { record }: Judged, deadlineMs: number): boolean {
  return seen.passedDeadline && record.endMs! >= seen.signalMs! + deadlineMs;
}

function ofAnnouncement(seen: Observation, { noticeMs }: Expectations, { judged }: Measured): Finding[] {
  const announcement = announcementOf(seen);
  const found: Finding[] = [];
  const signalMs = seen.signalMs ?? Infinity;
  const down = (seen.liveness ?? []).filter((it) => it.status !== null && it.sentMs > signalMs && !isReady(it));
  const wasLive = (seen.liveness ?? []).some((it) => it.endMs <= signalMs && isReady(it));
  if (wasLive && down.length > 0) {
    found.push(
      finding('liveness-down', `liveness answered ${down[0]!.status} ${at(down[0]!.endMs, signalMs)} after the signal`),
    );
  }
  if (announcement === null || isKill(seen) || seen.when === 'start') return found;
  if (announcement.flaps) found.push(finding('readiness-flaps', 'readiness turned, and was 200 again afterwards'));
  const shut = judged.filter(
    (it) => (it.fate === 'refused' || it.fate === 'turned-away') && it.record.endMs! > signalMs,
  );
  const readyAfter = (atMs: number): boolean => seen.readiness!.some((it) => it.sentMs >= atMs && isReady(it));
  const early = shut.filter((it) => readyAfter(it.record.endMs!));
  if (early.length > 0) {
    found.push(finding('refused-while-ready', `${many(early, 'request')} refused while readiness still said 200`));
  } else if (announcement.seenMs === null) {
    if (announcement.isConclusive && !seen.passedDeadline)
      found.push(finding('no-announcement', noAnnouncement(seen, shut)));
  } else {
    found.push(...tooShort(announcement, shut, noticeMs, signalMs));
  }
  return found;
}

function tooShort(announcement: Announcement, shut: readonly Judged[], noticeMs: number, signalMs: number): Finding[] {
  const early = shut.filter((it) => it.record.endMs! < announcement.notBeforeMs + noticeMs);
  if (early.length === 0) return [];
  const what = `${many(early, 'request')} refused, the first ${at(early[0]!.record.endMs!, signalMs)} after the signal; readiness turned ${at(announcement.seenMs!, signalMs)} after it, and routers need ${noticeMs} ms`;
  return [finding('announcement-too-short', what)];
}

function noAnnouncement(seen: Observation, shut: readonly Judged[]): string {
  const refused = shut.length > 0 ? `, and ${many(shut, 'request')} refused` : '';
  return `readiness never turned in the ${seen.end ? at(seen.end.atMs, seen.signalMs!) : 'time'} from the signal to the exit${refused}`;
}

function ofEnd(
  seen: Observation,
  { exitCodes, lingerMs, deadlineMs }: Expectations,
  { measures }: Measured,
): Finding[] {
  const found: Finding[] = [];
  const second = seen.secondSignal;
  const isForced = second !== null && !isDoubleTap(seen);
  const sinceSecondMs = isForced ? (seen.end?.atMs ?? Infinity) - second.atMs : 0;
  if (isForced && (seen.passedDeadline || sinceSecondMs > FORCED_MS_MAX)) {
    found.push(finding('second-signal-ignored', `it went on after ${second.name}, the second signal`));
  }
  if (seen.passedDeadline) {
    return [...found, finding('deadline-exceeded', `it had not ended ${deadlineMs} ms after ${seen.signal}`)];
  }
  const lingered = measures.lingerMs ?? 0;
  if (lingered > lingerMs && !isKill(seen)) {
    found.push(finding('lingers', `it ended ${Math.round(lingered)} ms after its last answer`));
  }
  return seen.knowsExit && !isKill(seen) ? [...found, ...ofExitCode(seen, exitCodes, measures)] : found;
}

function ofExitCode(seen: Observation, exitCodes: readonly number[] | null, measures: Measures): Finding[] {
  const code = exitCodeOf(seen);
  const bySignal = seen.end?.signal ?? null;
  const sent = [seen.signal, seen.secondSignal?.name];
  const found: Finding[] = [];
  const isOfSignal = sent.some((name) => name !== undefined && code === 128 + (SIGNAL_NUMBERS[name] ?? 0));
  const isRight = exitCodes === null ? code === 0 || isOfSignal : exitCodes.includes(code ?? -1);
  if (bySignal !== null && !sent.includes(bySignal)) {
    found.push(finding('crashed', `it was ended by ${bySignal}, which nobody sent`));
  } else if (!isRight) {
    found.push(
      finding('exit-code', `exit code ${code}${exitCodes === null ? '' : ` instead of ${exitCodes.join(' or ')}`}`),
    );
  }
  const lied = (measures.dropped ?? 0) > 0 || (measures.lost ?? 0) > 0;
  const isForced = seen.secondSignal !== null && !isDoubleTap(seen);
  if (code === 0 && lied && !isForced) {
    found.push(
      finding('exit-code-lies', `exit code 0 with ${measures.dropped} dropped and ${measures.lost ?? 0} lost`),
    );
  }
  // In start-up most programs have no handler yet, and dying of the signal is the right thing.
  if (isRight && isOfSignal && exitCodes === null && seen.when !== 'start' && !isForced) {
    found.push(finding('killed-by-signal', `it ended with ${describeEnd(seen)}`));
  }
  return found;
}

function ofRemains(seen: Observation): Finding[] {
  const found: Finding[] = [];
  const add = (code: Finding['code'], list: readonly (string | number)[] | null | undefined, how: string): void => {
    if (list && list.length > 0)
      found.push(
        finding(code, `${how}: ${list.slice(0, IDS_SHOWN).join(', ')}${list.length > IDS_SHOWN ? ', …' : ''}`),
      );
  };
  // What is there because the target never ended is told by `deadline-exceeded`.
  if (!seen.passedDeadline) {
    add('processes-left', seen.processesLeft, `${seen.processesLeft.length} of its processes still run`);
    add('port-left', seen.portsLeft, 'somebody still listens');
    add('gpu-left', seen.gpuLeft, `${seen.gpuLeft?.length ?? 0} of its processes are still on a GPU`);
    // SIGKILL leaves files by nature.
    if (!isKill(seen))
      add('temp-left', seen.filesLeft, `${seen.filesLeft?.length ?? 0} files left in its temporary directory`);
    if (!isKill(seen) && (seen.logLost ?? 0) > 0) {
      found.push(finding('log-lost', `${seen.logLost} answered requests are not in its log, though it logs every one`));
    }
  }
  add('lost-work', seen.ledger?.lost, `${seen.ledger?.lost.length ?? 0} lost`);
  add('doubled-work', seen.ledger?.doubled, `${seen.ledger?.doubled.length ?? 0} done twice`);
  if (seen.restarted === false)
    found.push(finding('restart-failed', `started again, it did not become ready: ${seen.lastWords}`));
  return found;
}

function many(list: readonly unknown[], of: string): string {
  return `${list.length} ${of}${list.length === 1 ? '' : 's'}`;
}

function idsOf(list: readonly Judged[]): string {
  const kinds = Object.entries(Object.groupBy(list, (it) => it.record.client));
  return kinds.map(([kind, of]) => `${of?.length ?? 0} ${kind}`).join(', ');
}

function at(atMs: number, sinceMs: number): string {
  return `${Math.round(atMs - sinceMs)} ms`;
}
