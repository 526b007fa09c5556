// A certificate and its key from files, loaded again when they change: renewals replace files, and Kubernetes swaps the
// directory behind a link. What cannot be used (a key that is not the certificate's, half a file) changes nothing.
import { readFileSync, watch, type FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

import { LastcallError, messageOf } from '../../../base/errors.ts';

export interface CertificateFiles {
  /** PEM, the chain with the server's own first. */
  readonly certificate: string;
  readonly key: string;
}

/** Both files are written when a certificate is renewed; it is looked at when they have been quiet for this long. */
const QUIET_MS = 100;

export class Certificate {
  readonly #files: CertificateFiles;
  readonly #watchers: FSWatcher[] = [];
  #loaded: SecureContextOptions;
  #timer: NodeJS.Timeout | undefined;

  /** @throws LastcallError `usage` if the files cannot be used */
  constructor(files: CertificateFiles) {
    this.#files = files;
    this.#loaded = read(files);
  }

  get context(): SecureContextOptions {
    return this.#loaded;
  }

  /** Watches the files. @param renewed gets what is to be used from now on @param refused gets why nothing changes */
  watch(renewed: (context: SecureContextOptions) => void, refused: (error: LastcallError) => void): void {
    const look = () => {
      try {
        if (this.reload()) renewed(this.#loaded);
      } catch (error) {
        refused(error as LastcallError);
      }
    };
    for (const directory of new Set([dirname(this.#files.certificate), dirname(this.#files.key)])) {
      const watcher = watch(directory, { persistent: false }, () => {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(look, QUIET_MS).unref();
      });
      watcher.on('error', () => {});
      this.#watchers.push(watcher);
    }
  }

  /** Reads the files again; `false` if they say what they said. @throws LastcallError `usage` if they cannot be used */
  reload(): boolean {
    const next = read(this.#files);
    const same = next.cert === this.#loaded.cert && next.key === this.#loaded.key;
    this.#loaded = next;
    return !same;
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
  }
}

function read({ certificate, key }: CertificateFiles): SecureContextOptions {
  try {
    const context = { cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
    createSecureContext(context);
    return context;
  } catch (error) {
    throw new LastcallError('usage', {
      what: `the certificate and its key cannot be used (${messageOf(error)})`,
      on: `${certificate}, ${key}`,
      todo: 'Give a PEM chain and the key that belongs to its first certificate.',
      cause: error,
    });
  }
}
