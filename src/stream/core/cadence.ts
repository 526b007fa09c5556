// How large an epoch may grow before it is committed. It starts at what the pipeline says (20,000 records or 100 ms). When
// commits take longer than that time, epochs become smaller. When what a commit costs beside writing outputs (state, the
// wait for the device) is a large part of all time, epochs become larger, since it hardly grows with them; outputs do, so
// they say nothing. Otherwise epochs go back to what the pipeline says. One number, `scale`, holds all of it.

export interface Cadence {
  /** Records in an epoch. */
  readonly records: number;
  /** Milliseconds from the first record of an epoch to its commit. */
  readonly everyMs: number;
}

export interface EpochTiming {
  /** From the first record to the commit, milliseconds. */
  readonly workMs: number;
  /** The transaction with its fsync, milliseconds. */
  readonly commitMs: number;
  /** Of that, what is not the outputs. */
  readonly overheadMs: number;
}

export const SCALE_MAX = 16;
/** Share of overhead in all time above which larger epochs pay. */
const DOMINANT = 0.1;

/** The scale after an epoch that was timed. @param base what the pipeline says; its time is also the latency target */
export function nextScale(scale: number, base: Cadence, { workMs, commitMs, overheadMs }: EpochTiming): number {
  if (commitMs > base.everyMs) return Math.max(1 / SCALE_MAX, scale / 2);
  const share = overheadMs / Math.max(workMs + commitMs, Number.MIN_VALUE);
  if (share > DOMINANT && commitMs * 2 < base.everyMs) return Math.min(SCALE_MAX, scale * 1.5);
  if (scale < 1) return Math.min(1, scale * 1.1);
  return share < DOMINANT / 2 ? Math.max(1, scale * 0.9) : scale;
}

/** What `scale` comes to. Time only grows: cutting epochs shorter than asked would make commits dominate. */
export function cadenceAt(scale: number, base: Cadence): Cadence {
  return {
    records: Math.max(1, Math.round(base.records * scale)),
    everyMs: base.everyMs * Math.max(1, scale),
  };
}

/** Work between two looks at the clock should take about this long, milliseconds. */
const STRIDE_MS = 2;
const STRIDE_MAX = 4_096;

/** How many records to process before looking at the clock again, from what the last stride took. */
export function nextStride(stride: number, tookMs: number): number {
  if (tookMs > STRIDE_MS * 2) return Math.max(1, Math.floor(stride / 2));
  return tookMs < STRIDE_MS ? Math.min(STRIDE_MAX, stride * 2) : stride;
}
