// Something that happened in a trial, for the timeline.

export interface Moment {
  /** Monotonic milliseconds. */
  readonly atMs: number;
  readonly what: string;
}
