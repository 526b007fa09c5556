// A directory of its own for a test, removed with all it holds when the test is over.
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function temporaryDirectory(context: { after(run: () => void): void }): string {
  const directory = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'lastcall-test-')));
  context.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}
