// Times as the platforms write them. What is no time they know is undefined, never a guess.
import { parseSystemdTime } from '../../lifecycle/platform.ts';

const GO_UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of a time such as `1m30s` (Go, compose, Nomad), or undefined. */
export function goDurationMs(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '0') return 0;
  if (trimmed.length > 40 || !/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const [, count, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)/g)) {
    total += Number(count) * GO_UNIT_MS[unit!]!;
  }
  return total;
}

/** Milliseconds of a number of seconds, written as a plain number or with a unit. */
export function secondsMs(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (/^\d+(?:\.\d+)?$/.test(trimmed)) return Number(trimmed) * 1_000;
  return goDurationMs(trimmed);
}

const SYSTEMD_WORDS: Readonly<Record<string, string>> = {
  usec: 'us',
  msec: 'ms',
  sec: 's',
  second: 's',
  seconds: 's',
  m: 'min',
  minute: 'min',
  minutes: 'min',
  hr: 'h',
  hour: 'h',
  hours: 'h',
  day: 'd',
  days: 'd',
  week: 'w',
  weeks: 'w',
};

/** Milliseconds of a time in a unit file (systemd.time(7)); a bare number is seconds; Infinity for `infinity`. */
export function systemdMs(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (trimmed === 'infinity') return Infinity;
  if (trimmed.length > 60) return undefined;
  const words = trimmed.match(/\d+(?:\.\d+)?\s*[a-zA-Z]*/g);
  if (!words || words.join('').replace(/\s/g, '') !== trimmed.replace(/\s/g, '')) return undefined;
  const spelled = words.map((word) => {
    const [, count, unit] = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]*)$/.exec(word)!;
    return `${count}${unit === '' ? 's' : (SYSTEMD_WORDS[unit!] ?? unit)}`;
  });
  return parseSystemdTime(spelled.join(' ')) ?? undefined;
}

/** `90 s`, `1.5 min` would hide a sum: sums are written in seconds. */
export function seconds(ms: number): string {
  return `${Number((ms / 1_000).toFixed(1))} s`;
}
