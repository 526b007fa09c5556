// Ctrl+C during a drill: it ends, with everything that it started, and says so.
import { LastcallError } from '../../base/errors.ts';

export async function withInterrupt<Result>(run: (abort: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  const stop = (signal: string): void =>
    controller.abort(
      new LastcallError('cancelled', {
        what: `the drill was ended by ${signal}`,
        todo: 'What it had started is gone.',
      }),
    );
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    const result = await run(controller.signal);
    controller.signal.throwIfAborted();
    return result;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
