// Kinds of option values: how each is read from text (arguments, environment) or from YAML, checked and documented.
import { type DurationInput, durationMs } from '../base/duration.ts';
import { LastcallError } from '../base/errors.ts';
import { suggestion } from '../base/nearest.ts';

/** What an option takes. The metavariable of help is derived from it unless `placeholder` says more. */
export type ValueKind =
  | { readonly type: 'flag' }
  | { readonly type: 'text'; readonly placeholder: string }
  /** A file or directory; shells complete paths for it. */
  | { readonly type: 'path'; readonly placeholder: 'FILE' | 'DIR' | 'PATH' }
  | { readonly type: 'integer'; readonly min: number; readonly max: number }
  /** Resolves to milliseconds. */
  | { readonly type: 'duration' }
  | { readonly type: 'choice'; readonly choices: readonly string[] };

/** The type that a kind resolves to. */
export type ValueOf<Kind extends ValueKind> = Kind extends { type: 'flag' }
  ? boolean
  : Kind extends { type: 'integer' | 'duration' }
    ? number
    : Kind extends { type: 'choice'; choices: readonly (infer Choice)[] }
      ? Choice
      : string;

/** `N`, `30s`, `drain|suspend`, `FILE`; empty for a flag. */
export function placeholderOf(kind: ValueKind): string {
  switch (kind.type) {
    case 'flag':
      return '';
    case 'integer':
      return 'N';
    case 'duration':
      return 'TIME';
    case 'choice':
      return kind.choices.join('|');
    default:
      return kind.placeholder;
  }
}

/**
 * The value of `raw`, checked.
 * @param raw text from an argument or the environment, or a scalar from YAML
 * @param on where it was given, for the error: `--grace`, `LASTCALL_GRACE`, `lastcall.yaml:3, grace`
 * @throws LastcallError `usage`
 */
export function parseValue(kind: ValueKind, raw: unknown, on: string): boolean | number | string {
  switch (kind.type) {
    case 'flag':
      return parseFlag(raw, on);
    case 'integer':
      return parseInteger(kind, raw, on);
    case 'duration':
      // A bare number would leave the unit to guesswork, so only text is taken here.
      if (typeof raw !== 'string')
        throw wrong(raw, on, 'is not a duration', 'Write it with its unit: 250ms, 30s or 5m.');
      return durationMs(raw satisfies DurationInput, on);
    case 'choice':
      if (typeof raw === 'string' && kind.choices.includes(raw)) return raw;
      throw wrong(
        raw,
        on,
        'is none of the choices',
        suggestion(String(raw), kind.choices, `Use one of ${kind.choices.join(', ')}.`),
      );
    default:
      if (typeof raw === 'string' && raw !== '') return raw;
      throw wrong(raw, on, 'is not a text', 'Write a non-empty text.');
  }
}

function parseFlag(raw: unknown, on: string): boolean {
  if (raw === true || raw === 'true' || raw === '1') return true;
  if (raw === false || raw === 'false' || raw === '0') return false;
  throw wrong(raw, on, 'is neither true nor false', 'Write true or false.');
}

function parseInteger(kind: { min: number; max: number }, raw: unknown, on: string): number {
  const value = typeof raw === 'string' && /^[+-]?\d[\d_]*$/.test(raw) ? Number(raw.replaceAll('_', '')) : raw;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= kind.min && value <= kind.max) return value;
  const upTo = kind.max === Number.MAX_SAFE_INTEGER ? ' or more' : ` to ${kind.max}`;
  throw wrong(raw, on, 'is not a whole number in range', `Write a whole number, ${kind.min}${upTo}.`);
}

function wrong(raw: unknown, on: string, what: string, todo: string): LastcallError {
  return new LastcallError('usage', { what: `${JSON.stringify(raw) ?? 'nothing'} ${what}`, on, todo });
}
