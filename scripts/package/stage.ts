// Lays the package out in a folder as it would be published, so that it can be packed and judged without touching dist/,
// which others may be using.
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { compile, readManifest, ROOT } from './compile.ts';

export function stagePackage(folder: string): void {
  compile(join(folder, 'dist'));
  for (const path of ['package.json', ...readManifest().files]) {
    if (path !== 'dist' && existsSync(join(ROOT, path)))
      cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  }
}
