// Whether the public types are what they were: a change of them is seen in review, as a change of the snapshot.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest, ROOT } from '../../package/compile.ts';
import { stagedPackage } from '../staged.ts';
import type { Step, Verdict } from '../step.ts';
import { changedLines } from '../surface/changed-lines.ts';
import { describeSurface } from '../surface/surface.ts';

const SNAPSHOTS = join(ROOT, 'scripts', 'check', 'api');
const HEAD =
  '// Public types of the package, made by `npm run check -- --update surface`. Not code; nothing imports it.\n\n';

export const surfaceStep: Step = {
  name: 'surface',
  async run({ snapshots }) {
    const staged = stagedPackage();
    const verdicts = Object.entries(readManifest().exports).flatMap(([path, entry]) => {
      if (typeof entry === 'string') return [];
      const text = HEAD + describeSurface(join(staged, 'dist'), join(staged, entry.types));
      const name = `${join('lastcall', path).replaceAll('/', '-')}.d.ts`;
      if (snapshots === 'update') writeFileSync(join(SNAPSHOTS, name), text);
      return [compare(name, text)];
    });
    return { ok: verdicts.every(({ ok }) => ok), output: verdicts.map(({ output }) => output).join('') };
  },
};

function compare(name: string, text: string): Verdict {
  const file = join(SNAPSHOTS, name);
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (before === text) return { ok: true, output: '' };
  const todo = 'If that is intended, say so in CHANGELOG.md and run: npm run check -- --update surface';
  return {
    ok: false,
    output: `the public types of scripts/check/api/${name} changed:\n${changedLines(before, text)}\n${todo}\n`,
  };
}
