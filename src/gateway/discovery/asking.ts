// Asks again and again, one question at a time, until it is stopped.
import type { Listener } from './discovery.ts';

export function askAgain(
  everyMs: number,
  listener: Listener,
  ask: (signal: AbortSignal) => Promise<Parameters<Listener['found']>[0]>,
): () => void {
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const turn = async (): Promise<void> => {
    try {
      const found = await ask(stopped.signal);
      if (!stopped.signal.aborted) listener.found(found);
    } catch (error) {
      if (!stopped.signal.aborted) listener.failed(error);
    }
    if (!stopped.signal.aborted) timer = setTimeout(() => void turn(), everyMs).unref();
  };
  void turn();
  return () => {
    stopped.abort();
    clearTimeout(timer);
  };
}
