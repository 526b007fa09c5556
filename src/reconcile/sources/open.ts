// From what a person writes to a source: `-`, a log store's address, or files.
import type { DatabaseSync } from 'node:sqlite';
import { LastcallError } from '../../base/errors.ts';
import type { FieldMap } from '../read-line.ts';
import { openElasticsearch } from './elasticsearch.ts';
import { openFileLog } from './files.ts';
import { openLoki } from './loki.ts';
import type { LogSource } from './source.ts';
import { openStdin } from './stdin.ts';

export interface SourceOptions {
  readonly map: FieldMap;
  readonly follow: boolean;
  /** Field that an Elasticsearch index is sorted by. */
  readonly timeField: string;
  /** LogQL selector. */
  readonly query: string;
  /** How far back a log store is read the first time. */
  readonly sinceMs: number;
  readonly nowMs: () => number;
  readonly database: DatabaseSync;
  readonly directory: string;
}

/** @throws LastcallError `usage`, `dependency` */
export async function openSource(given: string, options: SourceOptions): Promise<LogSource> {
  if (given === '-') {
    if (!options.follow) return openStdin(process.stdin, options.map);
    throw new LastcallError('usage', {
      what: 'standard input cannot be followed',
      on: '-',
      todo: 'Leave --follow out.',
    });
  }
  if (/^(elasticsearch|opensearch)\+https?:/.test(given)) return openElasticsearch(new URL(given), options);
  if (/^loki\+https?:/.test(given)) return openLoki(new URL(given), options);
  if (!/^[a-z]+(\+[a-z]+)?:\/\//.test(given)) return openFileLog(given, options);
  throw new LastcallError('usage', {
    what: 'no log is read from such an address',
    on: given,
    todo: 'Write a path, a pattern, -, elasticsearch+http://HOST:9200/INDEX, opensearch+… or loki+http://HOST:3100.',
  });
}
