// Puts a service's programs into .services/NAME, once. A file written last says that the folder is complete; without
// it, or with other contents wanted, the folder is made anew. One process installs, others wait for it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { withLock } from './lock.ts';
import type { Say, Service } from './types.ts';

/** Git ignores it. */
export const SERVICES_FOLDER = join(import.meta.dirname, '..', '..', '.services');

const INSTALL_MS_MAX = 20 * 60_000;

export interface Installation {
  readonly folder: string;
  readonly version: string;
  /** Where its programs are. */
  readonly binaries: readonly string[];
  /** Environment for its programs, which are on its PATH. */
  readonly env: NodeJS.ProcessEnv;
}

/** Why a service is not to be had here. */
export class ServiceUnavailable extends Error {
  /** Whether this machine can have it, and only the installation failed (no network, say). */
  readonly possible: boolean;

  constructor(reason: string, possible: boolean) {
    super(reason);
    this.possible = possible;
  }
}

/** What is installed of a service, without installing it; undefined if nothing, or something else than is wanted now. */
export function findInstalled(service: Service, root = SERVICES_FOLDER): Installation | undefined {
  const folder = join(root, service.name);
  if (!existsSync(stampOf(folder))) return undefined;
  const { contents, version } = JSON.parse(readFileSync(stampOf(folder), 'utf8')) as Record<string, string>;
  if (contents !== service.source.contents || version === undefined) return undefined;
  const binaries = service.source.binaries(folder);
  const path = [...binaries, process.env['PATH']].join(delimiter);
  return { folder, version, binaries, env: { ...process.env, ...service.source.environment(folder), PATH: path } };
}

/** Installs the service if it is not there. @throws ServiceUnavailable with the reason */
export async function install(service: Service, say: Say, root = SERVICES_FOLDER): Promise<Installation> {
  const found = findInstalled(service, root);
  if (found) return found;
  const reason = service.source.impossible();
  if (reason !== undefined) throw new ServiceUnavailable(reason, false);
  const lock = { waiting: () => say('another process is installing it; waiting'), msMax: INSTALL_MS_MAX };
  return await withLock(join(root, `${service.name}.lock`), lock, async () => {
    const meanwhile = findInstalled(service, root);
    if (meanwhile) return meanwhile;
    await fetchInto(join(root, service.name), service, say);
    const installed = findInstalled(service, root);
    if (!installed) throw new Error(`${service.name} was installed and is not there`);
    return installed;
  });
}

async function fetchInto(folder: string, service: Service, say: Say): Promise<void> {
  const started = performance.now();
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let version: string;
  try {
    version = await service.source.fetch(folder, say);
  } catch (error) {
    throw new ServiceUnavailable(error instanceof Error ? error.message : String(error), true);
  }
  writeFileSync(stampOf(folder), JSON.stringify({ contents: service.source.contents, version }));
  say(`${version} installed in ${((performance.now() - started) / 1_000).toFixed(1)} s`);
}

function stampOf(folder: string): string {
  return join(folder, '.complete.json');
}
