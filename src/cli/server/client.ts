// The client of the server that a command means: its address and its key, from the settings.
import { readFileSync } from 'node:fs';
import { LastcallError, messageOf } from '../../base/errors.ts';
import { ApiClient, DEFAULT_PORT, localAdminKey } from '../../server/index.ts';
import type { Settings } from '../command.ts';
import { stateDirectory } from '../state-directory.ts';

/** @throws LastcallError `usage` for an address or a key that cannot be used */
export function clientOf(settings: Settings): ApiClient {
  const url = settings.text('server') ?? `http://127.0.0.1:${DEFAULT_PORT}`;
  if (!/^https?:\/\/[^/]+\/?$/.test(url)) {
    throw new LastcallError('usage', {
      what: 'this is no address of a server',
      on: `--server ${url}`,
      todo: 'Write it as http://HOST:PORT.',
    });
  }
  return new ApiClient({ url, key: keyOf(settings) });
}

function keyOf(settings: Settings): string | null {
  const file = settings.text('keyFile');
  if (file === undefined) return localAdminKey(stateDirectory(settings));
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new LastcallError('usage', { what: messageOf(error), on: `--key-file ${file}`, todo: 'Check the path.' });
  }
}
