// Watches for a preemption notice until one comes or nobody wants to know any more.
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { systemClock } from '../../../base/clock.ts';
import { durationMs } from '../../../base/duration.ts';
import { messageOf } from '../../../base/errors.ts';
import { aws } from './aws.ts';
import { azure } from './azure.ts';
import { gcp } from './gcp.ts';
import { type Cloud, CLOUDS, type CloudNotices, type Notice, type NoticeSource } from './source.ts';

const TABLE: Readonly<Record<Cloud, CloudNotices>> = { aws, gcp, azure };

/** Where each is asked; the links of RFC 3927 are the same machine's in every cloud. */
export type Bases = Readonly<Record<Cloud, string>>;
export const BASES: Bases = {
  aws: 'http://169.254.169.254',
  gcp: 'http://169.254.169.254',
  azure: 'http://169.254.169.254',
};

/** `auto` finds out within this time, and then asks nobody if nobody answered. */
const AUTO_MS_MAX = 200;
/** A file is looked at this often too, for file systems that tell of no changes. */
const FILE_EVERY_MS = 1_000;
/** What is left when the file does not say: the shortest that a cloud gives. */
const FILE_NOTICE_MS = 30_000;

export interface Watch {
  readonly bases: Bases;
  readonly over: AbortSignal;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** Resolves to the notice, or null when it is over. Never rejects. */
export async function watchNotices(source: NoticeSource, about: Watch): Promise<Notice | null> {
  if (source.kind === 'file') return watchFile(source.path, about);
  const cloud = source.kind === 'auto' ? await findCloud(about.bases) : TABLE[source.kind];
  about.log('notices_watched', { provider: cloud?.cloud ?? null });
  return cloud ? askOn(cloud, about) : null;
}

/** The first in the order of the table that answers; all are asked at the same time. */
async function findCloud(bases: Bases): Promise<CloudNotices | null> {
  const here = await Promise.all(CLOUDS.map((name) => TABLE[name].isHere(bases[name], AUTO_MS_MAX).catch(() => false)));
  const name = CLOUDS.find((_, index) => here[index]);
  return name === undefined ? null : TABLE[name];
}

async function askOn(cloud: CloudNotices, { bases, over, log }: Watch): Promise<Notice | null> {
  let failed = false;
  while (!over.aborted) {
    try {
      const notice = await cloud.ask(bases[cloud.cloud], () => systemClock.wallMs());
      if (notice) return notice;
      failed = false;
    } catch (error) {
      // Once per outage: a metadata service that is away must not fill the log.
      if (!failed) log('notices_unavailable', { provider: cloud.cloud, error: messageOf(error) });
      failed = true;
    }
    await pause(cloud.everyMs, over);
  }
  return null;
}

async function watchFile(path: string, { over, log }: Watch): Promise<Notice | null> {
  let changed = Promise.withResolvers<void>();
  const watcher = tellOfChanges(path, () => changed.resolve());
  try {
    while (!over.aborted) {
      const text = await readFile(path, 'utf8').catch(() => null);
      if (text !== null) return { provider: 'file', deadlineMs: leftOf(text.trim(), log) };
      await Promise.race([changed.promise, pause(FILE_EVERY_MS, over)]);
      changed = Promise.withResolvers();
    }
    return null;
  } finally {
    watcher?.close();
  }
}

function tellOfChanges(path: string, tell: () => void): ReturnType<typeof watch> | null {
  try {
    return watch(dirname(path), { persistent: false }, (_, name) => {
      if (name === null || name === basename(path)) tell();
    }).on('error', tell);
  } catch {
    return null;
  }
}

/** `30s`, or nothing. What cannot be read is a notice all the same. */
function leftOf(text: string, log: Watch['log']): number {
  if (text === '') return FILE_NOTICE_MS;
  try {
    return durationMs(text, 'notice');
  } catch (error) {
    log('notice_unreadable', { error: messageOf(error) });
    return FILE_NOTICE_MS;
  }
}

function pause(ms: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(timer);
      over.removeEventListener('abort', settle);
      resolve();
    };
    const timer = setTimeout(settle, ms);
    timer.unref();
    over.addEventListener('abort', settle);
  });
}
