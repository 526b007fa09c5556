// Many trials as one verdict: the worst of them, with what they show together.
import { type Finding, type Grade, GRADES } from './findings.ts';
import type { Judgement } from './judge.ts';
import type { Measures } from './measure.ts';
import type { When } from './observation.ts';
import type { Invalid } from './validity.ts';

export interface Summary {
  readonly verdict: 'clean' | 'unclean' | 'invalid';
  readonly grade: Grade | null;
  readonly invalid: Invalid | null;
  /** By code, each once, with the number of trials that had it if there were several. */
  readonly findings: readonly Finding[];
  readonly faults: number;
  readonly faultsOnWorkInFlight: number;
  readonly lost: number | null;
  readonly doubled: number | null;
  readonly leaked: number;
  /** Trials that were not clean. */
  readonly violations: number;
  /** Upper end of the 95 % interval of the rate of failure; null if there were failures. */
  readonly bound95: number | null;
  /** Of the worst trial. */
  readonly measures: Measures;
  readonly unmeasured: readonly string[];
}

/** Fewer signals than this share on work in flight prove nothing. */
const IN_FLIGHT_MIN = 0.3;
/** More void trials than this share, and the rest is luck. */
const INVALID_MAX = 0.5;

/** @param judgements at least one */
export function summarise(judgements: readonly Judgement[], when: When): Summary {
  const valid = judgements.filter((it) => it.verdict !== 'invalid');
  const worst = judgements.toSorted((a, b) => rankOf(b) - rankOf(a))[0]!;
  const hits = judgements.filter((it) => (it.measures.inFlight ?? 0) > 0).length;
  const unclean = valid.filter((it) => it.verdict === 'unclean').length;
  const invalid = unclean > 0 ? null : voidOf(judgements, valid.length, hits, when);
  const sum = (name: keyof Measures): number | null =>
    judgements.every((it) => it.measures[name] === null)
      ? null
      : judgements.reduce((total, it) => total + (it.measures[name] ?? 0), 0);
  return {
    verdict: invalid !== null ? 'invalid' : unclean > 0 ? 'unclean' : 'clean',
    grade: invalid === null ? worst.grade : null,
    invalid,
    findings: merge(judgements),
    faults: judgements.filter((it) => it.verdict !== 'invalid' || it.measures.exitMs !== null).length,
    faultsOnWorkInFlight: hits,
    lost: sum('lost'),
    doubled: sum('doubled'),
    leaked: (sum('processesLeft') ?? 0) + (sum('portsLeft') ?? 0) + (sum('gpuLeft') ?? 0),
    violations: unclean,
    bound95: unclean > 0 || valid.length === 0 ? null : Math.min(1, Number((3 / valid.length).toPrecision(3))),
    measures: worst.measures,
    unmeasured: worst.unmeasured,
  };
}

/** Unclean before invalid before clean: something bad that was seen was seen. */
function rankOf({ verdict, grade }: Judgement): number {
  if (verdict === 'invalid') return 1.5;
  return GRADES.indexOf(grade ?? 'A') + (verdict === 'unclean' ? 1 : 0);
}

function voidOf(judgements: readonly Judgement[], valid: number, hits: number, when: When): Invalid | null {
  const first = judgements.find((it) => it.invalid !== null)?.invalid ?? null;
  if (valid < judgements.length * INVALID_MAX || valid === 0) return first;
  if ((when === 'load' || when === 'checkpoint') && hits < judgements.length * IN_FLIGHT_MIN) {
    return {
      code: 'not-enough-in-flight',
      what: `of ${judgements.length} signals ${hits} met work in flight`,
      todo: 'Use a higher --rate, slower requests, --clients slow=1 or --streams.',
    };
  }
  return null;
}

function merge(judgements: readonly Judgement[]): Finding[] {
  const isAlone = judgements.every((it) => it.findings.every((one) => one.code === 'killed-by-signal'));
  const byCode = Map.groupBy(
    judgements.flatMap((it) => it.findings).filter((it) => isAlone || it.code !== 'killed-by-signal'),
    (it) => it.code,
  );
  const merged = [...byCode.values()].map((same): Finding => {
    const first = same[0]!;
    return judgements.length === 1
      ? first
      : { ...first, what: `in ${same.length} of ${judgements.length} trials: ${first.what}` };
  });
  return merged.toSorted((a, b) => GRADES.indexOf(b.grade) - GRADES.indexOf(a.grade));
}
