// Hears of one member as soon as its keeper writes something: by the directory (inotify), by the end of the keeper where it
// is our own child, and by a slow look now and then, in case both are missed.
import type { ChildProcess } from 'node:child_process';
import { type FSWatcher, watch } from 'node:fs';
import { isAlive } from '../../../supervise/index.ts';
import type { Exit } from '../../core/types.ts';
import { readExit, readRecorded, readText, type Recorded } from './records.ts';

export interface MemberListener {
  started(process: Recorded): void;
  exited(exit: Exit): void;
  /** Nothing was started, and nothing will be. */
  never(): void;
  lost(why: string): void;
}

export class MemberWatch implements Disposable {
  readonly directory: string;
  readonly #listener: MemberListener;
  #watcher: FSWatcher | null = null;
  #started = false;
  #over = false;
  #keeperIsGone = false;
  readonly #ended = Promise.withResolvers<void>();

  /** @param child the keeper, if we have started it ourselves */
  constructor(directory: string, child: ChildProcess | null, listener: MemberListener) {
    this.directory = directory;
    this.#listener = listener;
    try {
      this.#watcher = watch(directory, () => this.look());
      this.#watcher.unref();
      // Its directory is gone, or the kernel has no more watches: the slow look is left.
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      this.#watcher = null;
    }
    child?.once('exit', () => {
      this.#keeperIsGone = true;
      this.look();
    });
  }

  /** Settles when it is known what became of it. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get isOver(): boolean {
    return this.#over;
  }

  look(): void {
    if (this.#over) return;
    const process = this.#started ? null : readRecorded(this.directory, 'started');
    if (process) {
      this.#started = true;
      this.#listener.started(process);
    }
    // In this order: a keeper that is gone has written its last word before.
    const gone = this.#keeperIsGone || this.#keeperDied();
    const exit = readExit(this.directory);
    if (exit) return this.#end(() => this.#listener.exited(exit));
    if (!gone) return;
    if (readText(this.directory, 'claimed') === null) return this.#end(() => this.#listener.never());
    this.#end(() => this.#listener.lost('its keeper is gone and has not said how it ended'));
  }

  [Symbol.dispose](): void {
    this.#over = true;
    this.#watcher?.close();
    this.#ended.resolve();
  }

  #end(tell: () => void): void {
    this[Symbol.dispose]();
    tell();
  }

  #keeperDied(): boolean {
    const keeper = readRecorded(this.directory, 'keeper.pid');
    return keeper !== null && !isAlive({ ...keeper, command: '' });
  }
}
