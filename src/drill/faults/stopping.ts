// Faults made of SIGSTOP and SIGCONT: a target that stands still, and one that hardly gets any time.
import type { Fault, FaultPlace } from './fault.ts';

/** Ten parts of a hundred: what a container with a small CPU limit gets on a busy node. */
const RUNS_MS = 10;
const STANDS_MS = 90;

export const pause: Fault = {
  needs: {},
  begin({ target, forMs }) {
    target.signal('SIGSTOP', 'tree');
    const go = (): void => target.signal('SIGCONT', 'tree');
    const timer = setTimeout(go, forMs);
    return () => {
      clearTimeout(timer);
      go();
    };
  },
};

export const starve: Fault = {
  needs: {},
  begin({ target }: FaultPlace) {
    let timer: NodeJS.Timeout;
    const stand = (): void => {
      target.signal('SIGSTOP', 'tree');
      timer = setTimeout(run, STANDS_MS);
    };
    const run = (): void => {
      target.signal('SIGCONT', 'tree');
      timer = setTimeout(stand, RUNS_MS);
    };
    stand();
    return () => {
      clearTimeout(timer);
      target.signal('SIGCONT', 'tree');
    };
  },
};
