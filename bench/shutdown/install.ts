// The servers as users run them: plain JavaScript beside installed packages, ours as it is published.
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { installPackage } from '../installed.ts';

const SERVERS = join(import.meta.dirname, 'servers');
const PEERS = ['close-with-grace', '@godaddy/terminus', 'lightship', 'http-terminator', 'http-graceful-shutdown'];

const ownPackage: Plugin = {
  name: 'own-package',
  resolveId: (source) => (source.endsWith('/src/lifecycle/index.ts') ? { id: 'lastcall', external: true } : null),
};

/** Puts a program for each server into a folder, such as `bare.js`. */
export async function installServers(under: string): Promise<void> {
  installPackage(under, PEERS);
  const scripts = globSync('*.ts', { cwd: SERVERS }).map((name) => basename(name, '.ts'));
  await using build = await rolldown({
    input: Object.fromEntries(scripts.map((name) => [name, join(SERVERS, `${name}.ts`)])),
    platform: 'node',
    external: /^[^./]/,
    plugins: [ownPackage],
  });
  await build.write({ dir: under });
}
