// Waiting until something may have happened in directories: by the system's notifications where they work, and by a slow
// poll where they do not (network file systems, exhausted inotify watches).
import { watch, type FSWatcher } from 'node:fs';

export class DirectoryWatch {
  readonly #pollMs: number;
  readonly #watchers = new Map<string, FSWatcher>();
  #changed = false;
  #wake: (() => void) | null = null;

  /** @param pollMs longest wait without a notification */
  constructor(pollMs: number) {
    this.#pollMs = pollMs;
  }

  /** Watches a directory from now on, if that is possible. */
  add(directory: string): void {
    if (this.#watchers.has(directory)) return;
    try {
      const watcher = watch(directory, () => this.#notify());
      watcher.on('error', () => this.#remove(directory));
      this.#watchers.set(directory, watcher);
    } catch {
      // The poll finds it.
    }
  }

  /** Settles at a change since the last call, after the poll interval, or when the signal aborts. */
  async change(signal: AbortSignal): Promise<void> {
    if (!this.#changed && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const timer = setTimeout(wake, this.#pollMs);
        signal.addEventListener('abort', wake);
        this.#wake = wake;
      });
      this.#wake = null;
    }
    this.#changed = false;
  }

  close(): void {
    for (const directory of this.#watchers.keys()) this.#remove(directory);
    this.#notify();
  }

  #notify(): void {
    this.#changed = true;
    this.#wake?.();
  }

  #remove(directory: string): void {
    this.#watchers.get(directory)?.close();
    this.#watchers.delete(directory);
  }
}
