// Pairs: subject and peer are measured in turn, A B A B …, so that a machine that speeds up or slows down does so for
// both. What is quoted is the median of each and the median ratio with its 10 % and 90 % quantiles.

/** One line of `npm run bench -- NAME --json`. */
export interface CaseResult {
  readonly bench: string;
  readonly case: string;
  readonly subject: string;
  readonly peer: string;
  readonly unit: string;
  readonly subjectMedian: number;
  readonly peerMedian: number;
  readonly ratio: number;
  readonly ratioLow: number;
  readonly ratioHigh: number;
  readonly rounds: number;
  /** Counts that belong to the case, such as dropped requests. */
  readonly counts?: Readonly<Record<string, number>>;
}

export interface Measured {
  readonly name: string;
  /** One measurement in the case's unit. */
  measure(): Promise<number>;
}

export interface PairOptions {
  readonly bench: string;
  readonly case: string;
  readonly unit: string;
  readonly rounds: number;
  /** Measurements of each before those that count. Default 1. */
  readonly warmups?: number;
}

export async function pair(subject: Measured, peer: Measured, options: PairOptions): Promise<CaseResult> {
  const [subjectValues, peerValues] = await takeTurns([subject, peer], options);
  return summarise(subject.name, peer.name, subjectValues!, peerValues!, options);
}

/** The values of each, measured in turn: A B C A B C … */
export async function takeTurns(
  all: readonly Measured[],
  { rounds, warmups = 1 }: Pick<PairOptions, 'rounds' | 'warmups'>,
): Promise<number[][]> {
  const values = all.map((): number[] => []);
  for (let round = -warmups; round < rounds; round++) {
    for (const [index, measured] of all.entries()) {
      const value = await measured.measure();
      if (round >= 0) values[index]!.push(value);
    }
  }
  return values;
}

export function summarise(
  subject: string,
  peer: string,
  subjectValues: readonly number[],
  peerValues: readonly number[],
  options: PairOptions,
): CaseResult {
  const ratios = subjectValues.map((value, index) => value / peerValues[index]!);
  return {
    bench: options.bench,
    case: options.case,
    subject,
    peer,
    unit: options.unit,
    subjectMedian: rounded(quantile(subjectValues, 0.5)),
    peerMedian: rounded(quantile(peerValues, 0.5)),
    ratio: rounded(quantile(ratios, 0.5)),
    ratioLow: rounded(quantile(ratios, 0.1)),
    ratioHigh: rounded(quantile(ratios, 0.9)),
    rounds: subjectValues.length,
  };
}

/** Quantile by linear interpolation between the nearest ranks. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const rank = q * (sorted.length - 1);
  const low = sorted[Math.floor(rank)]!;
  const high = sorted[Math.ceil(rank)]!;
  return low + (high - low) * (rank - Math.floor(rank));
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
