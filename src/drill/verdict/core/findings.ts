// Every reason that a verdict can have: its name, the grade that it costs, and what to do about it. In one table, so that
// the docs, the report and the judge cannot disagree.

export type Grade = 'A' | 'B' | 'C' | 'D' | 'F';

interface FindingKind {
  readonly grade: Grade;
  readonly todo: string;
}

export const FINDINGS = {
  'dropped-in-flight': {
    grade: 'F',
    todo: 'On the signal, stop accepting, wait until every request in flight is answered, and only then exit.',
  },
  truncated: {
    grade: 'F',
    todo: 'Let answers and streams that have begun run to their end, or end them as their protocol says.',
  },
  hung: { grade: 'F', todo: 'Find what these requests wait for; bound it, and answer with an error in time.' },
  'mixed-answers': {
    grade: 'F',
    todo: 'Answers went to other requests than theirs; look at what is shared between requests.',
  },
  'lost-work': { grade: 'F', todo: 'Answer only when the work is durable, and flush before the exit.' },
  'doubled-work': {
    grade: 'F',
    todo: 'Record that work is done in the same transaction as its result, and skip what is done.',
  },
  'deadline-exceeded': {
    grade: 'F',
    todo: 'Handle the signal, bound every stage of the ending, and exit when the bound is reached.',
  },
  'processes-left': {
    grade: 'F',
    todo: 'End the whole process tree and wait for it; with a wrapper, exec the server or pass signals on.',
  },
  'port-left': {
    grade: 'F',
    todo: 'Whoever holds the listening socket has to end as well: the next start cannot bind.',
  },
  'gpu-left': { grade: 'F', todo: 'End what uses the GPU and wait until its memory is free.' },
  'restart-failed': {
    grade: 'F',
    todo: 'See its output: a lock, a port or a half-written state of the last life is in the way.',
  },
  'dropped-after-signal': {
    grade: 'D',
    todo: 'Answer readiness with 503 first and go on serving while routers notice; then close the listener.',
  },
  'errors-in-drain': {
    grade: 'D',
    todo: 'Keep what requests need (database, model, workers) open until the last one is answered.',
  },
  'refused-while-ready': { grade: 'D', todo: 'Turn readiness to 503 before the listener is closed.' },
  'exit-code': { grade: 'D', todo: 'Exit 0 after a good ending; supervisors restart and alert by the code.' },
  'exit-code-lies': {
    grade: 'D',
    todo: 'Exit with a code other than 0 when work was dropped, so that somebody hears of it.',
  },
  crashed: { grade: 'D', todo: 'See its output: it broke while it was ending.' },
  'double-tap-kills': {
    grade: 'D',
    todo: 'Ignore a signal that comes within 500 ms of the last: npm and terminals deliver one Ctrl+C twice.',
  },
  'second-signal-ignored': { grade: 'D', todo: 'A second signal means: stop waiting. Give up draining, save, exit.' },
  'no-announcement': {
    grade: 'C',
    todo: 'Answer readiness with 503 from the first moment, and go on serving for as long as routers need.',
  },
  'announcement-too-short': {
    grade: 'C',
    todo: 'Go on serving after readiness has turned for at least as long as routers need (--notice).',
  },
  'readiness-flaps': { grade: 'C', todo: 'Once not ready, stay so: a router that sees 200 sends again.' },
  'liveness-down': { grade: 'C', todo: 'Keep liveness at 200 while draining, else it is killed for draining.' },
  lingers: {
    grade: 'C',
    todo: 'Close idle connections when nothing is in flight (Connection: close, closeIdleConnections).',
  },
  'log-lost': { grade: 'C', todo: 'Flush logs before the exit.' },
  'temp-left': { grade: 'C', todo: 'Remove temporary files at the end.' },
  'killed-by-signal': {
    grade: 'B',
    todo: 'Nothing was lost. Exit 0 where a supervisor tells a stop from a crash by the code.',
  },
} as const satisfies Readonly<Record<string, FindingKind>>;

export type FindingCode = keyof typeof FINDINGS;

export interface Finding {
  readonly code: FindingCode;
  readonly grade: Grade;
  /** What was seen, a sentence with numbers. */
  readonly what: string;
  readonly todo: string;
}

export function finding(code: FindingCode, what: string): Finding {
  return { code, what, ...FINDINGS[code] };
}

export const GRADES: readonly Grade[] = ['A', 'B', 'C', 'D', 'F'];

export function worstOf(findings: readonly Finding[]): Grade {
  return findings.reduce<Grade>(
    (worst, it) => (GRADES.indexOf(it.grade) > GRADES.indexOf(worst) ? it.grade : worst),
    'A',
  );
}
