import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { changedLines } from './changed-lines.ts';
import { describeSurface } from './surface.ts';

/** The surface of `index.d.ts` of a build with these files. */
function surfaceOf(t: TestContext, files: Record<string, string>): string {
  const dist = mkdtempSync(join(tmpdir(), 'surface-'));
  t.after(() => rmSync(dist, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dist, path)), { recursive: true });
    writeFileSync(join(dist, path), text);
  }
  return describeSurface(dist, join(dist, 'index.d.ts'));
}

test('exported names come with their declarations, through re-exports and under their public names', (t) => {
  const text = surfaceOf(t, {
    'index.d.ts': "export { make as create } from './make.js';\nexport type { Shape } from './shapes/index.js';\n",
    'make.d.ts':
      '/** Makes it. */\nexport declare function make(size: number): void;\nexport declare function make(): void;\n',
    'shapes/index.d.ts': "export { type Shape } from './shape.js';\n",
    'shapes/shape.d.ts':
      'export interface Shape {\n    /** In metres. */\n    side: number;\n}\nexport interface Other {}\n',
  });
  assert.equal(
    text,
    'export interface Shape {\n    side: number;\n}\n\n' +
      'export { make as create };\nexport function make(size: number): void;\nexport function make(): void;\n',
  );
});

test('what an exported declaration mentions is public in effect, and shown as not exported', (t) => {
  const text = surfaceOf(t, {
    'index.d.ts':
      "import type { Inner } from './inner.js';\nexport declare class Box { readonly inner: Inner; value: import('./inner.js').Deep; }\n",
    'inner.d.ts':
      "import { X } from 'elsewhere';\nexport interface Inner { x: X; }\nexport type Deep = 'deep';\nexport type Unseen = 1;\n",
  });
  assert.match(text, /^export class Box/);
  assert.match(text, /not exported, of inner.d.ts\ninterface Inner/);
  assert.match(text, /type Deep = 'deep'/);
  assert.doesNotMatch(text, /Unseen/);
});

test('a changed member changes the surface, a changed comment does not', (t) => {
  const index = (comment: string, type: string): Record<string, string> => ({
    'index.d.ts': `// ${comment}\nexport interface A {\n    // ${comment}\n    a: ${type};\n}\n`,
  });
  const before = surfaceOf(t, index('one', 'string'));
  assert.equal(surfaceOf(t, index('another', 'string')), before);
  const after = surfaceOf(t, index('one', 'number'));
  assert.equal(changedLines(before, after), '-     a: string;\n+     a: number;');
});

test('a long difference is cut and says how much is left out', () => {
  const lines = changedLines('', Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n')).split('\n');
  assert.equal(lines.length, 61);
  assert.match(lines.at(-1) ?? '', /^… and \d+ more$/);
});
