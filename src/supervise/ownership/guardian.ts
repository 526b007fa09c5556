// Somebody who ends a tree when this process is gone, also by SIGKILL: a small shell script on a pipe (guardian.sh), in a
// session of its own, so that nothing that ends us ends it first.
import { type ChildProcess, spawn } from 'node:child_process';
import { type Cookie, formatCookie } from './cookie.ts';
import { script } from './programs.ts';

export class Guardian {
  readonly #process: ChildProcess;

  constructor(cookie: Cookie, cgroup: string | null) {
    const words = [script('guardian'), formatCookie(cookie), ...(cgroup === null ? [] : [cgroup])];
    const { PATH } = process.env;
    this.#process = spawn('/bin/sh', words, {
      detached: true,
      // Without our cookie: it is not part of the tree.
      env: PATH === undefined ? {} : { PATH },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    // A machine that cannot start one more process is told of by the start of the command.
    this.#process.on('error', () => undefined);
    this.#process.unref();
    const { stdin } = this.#process;
    stdin?.on('error', () => undefined);
    (stdin as unknown as { unref?: () => void }).unref?.();
  }

  /** The tree is proven gone: nobody has to watch any more. */
  dismiss(): void {
    this.#process.kill('SIGKILL');
    this.#process.stdin?.destroy();
  }
}
