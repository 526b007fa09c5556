// What the behaviour suite needs of a plane to try it: put it in front of instances, and say where it listens. Each plane
// has a test file that runs the suite's tables against it.
import type { TestContext } from 'node:test';

export interface Subject {
  /** Its name in Via. */
  readonly via: string;
  /** Bytes of a request's head that it takes. */
  readonly headBytesMax: number;
  /** A plane in front of instances on ports of this machine, until the test is over. @returns the port that it listens on */
  start(t: TestContext, instancePorts: readonly number[], options?: SubjectOptions): Promise<number>;
}

export interface SubjectOptions {
  /** Proxies before it that are trusted. Default 0. */
  readonly trustedHops?: number;
  /** Milliseconds for a request's head. */
  readonly headMsMax?: number;
  /** Milliseconds of silence within a request. */
  readonly bodyIdleMsMax?: number;
  /** Bytes of a request's body. */
  readonly bodyBytesMax?: number;
}
