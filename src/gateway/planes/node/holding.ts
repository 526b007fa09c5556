// A request that is held: it waits, on its open connection, until somebody lets it go on or its time is up.
import type { Answer, Close, Hold } from '../ports.ts';

/** @param go asked for a decision again @param giveUp told what to do instead. Returns how to withdraw. */
export function hold(
  { wait, msMax, otherwise }: Hold,
  go: () => void,
  giveUp: (instead: Answer | Close) => void,
): () => void {
  let waiting = true;
  const end = () => {
    if (!waiting) return false;
    waiting = false;
    clearTimeout(timer);
    return true;
  };
  const timer = setTimeout(() => {
    if (!end()) return;
    withdraw();
    giveUp(otherwise);
  }, msMax);
  const withdraw = wait(() => {
    if (end()) go();
  });
  return () => {
    if (end()) withdraw();
  };
}
