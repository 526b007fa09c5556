// Asks a command again and again whether it is alive, and tells when it was not several times in a row.
import { ask, type AskedProbe } from './ask.ts';

const EVERY_MS = 5_000;
const ANSWER_MS_MAX = 5_000;
/** One missed answer is no proof of anything. */
const FAILURES_MAX = 3;

/** @param unwell called once, with the last answer */
export function watchLiveness(
  probe: AskedProbe,
  environment: NodeJS.ProcessEnv,
  over: AbortSignal,
  unwell: (said: string) => void,
  everyMs = EVERY_MS,
): void {
  let failures = 0;
  const look = async () => {
    if (over.aborted) return;
    const { well, said } = await ask(probe, environment, ANSWER_MS_MAX);
    if (over.aborted) return;
    failures = well ? 0 : failures + 1;
    if (failures >= FAILURES_MAX) return unwell(said);
    setTimeout(() => void look(), everyMs).unref();
  };
  setTimeout(() => void look(), everyMs).unref();
}
