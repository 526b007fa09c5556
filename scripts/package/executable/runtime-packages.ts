// Which installed packages the command needs when it runs: those of the lockfile that are neither for development nor optional.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Entry {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly peer?: boolean;
  readonly devOptional?: boolean;
}

/** Their places, such as `node_modules/yaml`. @throws Error for one that is not installed */
export function runtimePackages(root: string): string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, Entry> };
  const places = Object.entries(lock.packages).filter(([place, entry]) => {
    return place !== '' && !entry.dev && !entry.optional && !entry.peer && !entry.devOptional;
  });
  for (const [place] of places) {
    if (!existsSync(join(root, place))) throw new Error(`${place} is not installed: run \`npm run setup\``);
  }
  return places.map(([place]) => place);
}
