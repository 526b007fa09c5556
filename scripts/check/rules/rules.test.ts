import { describe, it } from 'node:test';
import { RuleTester } from 'oxlint/plugins-dev';
import { layers } from './layers.ts';
import { noExportAll } from './no-export-all.ts';
import { noOnly } from './no-only.ts';
import { noSleepInTests } from './no-sleep-in-tests.ts';
import { openingComment } from './opening-comment.ts';
import { tsImports } from './ts-imports.ts';

RuleTester.describe = (text, run) => void describe(text, run);
RuleTester.it = (text, run) => void it(text, run);
const ROOT = '/repository';
const tester = new RuleTester({ cwd: ROOT });

/** A case in the file at `path` of the repository. */
function at(path: string, code: string): { filename: string; code: string } {
  return { filename: `${ROOT}/${path}`, code };
}
function offence(path: string, code: string, message: RegExp): RuleTester.InvalidTestCase {
  return { ...at(path, code), name: `offence in ${path}: ${code}`, errors: [{ message }] };
}

tester.run('layers', layers, {
  valid: [
    at('src/lifecycle/unit.ts', "import { assert } from '../base/assert.ts';"),
    at('src/stream/run.ts', "import { plan } from '../gateway/index.ts';"),
    at('src/lint/rules.ts', "import { planBudget } from '../lifecycle/core/budget.ts';"),
    at('src/drill/stream/run.ts', "import { commit } from '../../stream/engines/embedded/commit.ts';"),
    at('src/stream/core/plan.ts', "import type { Sink } from '../ports.ts';"),
    at('src/stream/core/plan.ts', "import { durationMs } from '../../base/duration.ts';"),
    at('src/lifecycle/metrics.service.test.ts', "import { useService } from '../../scripts/services/use.ts';"),
    at('scripts/build.ts', "import { main } from '../src/cli/main.ts';"),
    at('src/cli/commands/drill-matrix.ts', "const m = await import('../../drill/index.ts');"),
    at('src/stream/engines/store/open.ts', "import { a } from '../../steps/step.ts';"),
  ],
  invalid: [
    offence(
      'src/base/clock.ts',
      "import { unit } from '../lifecycle/unit.ts';",
      /src\/base may not import src\/lifecycle/,
    ),
    offence('src/lifecycle/a.ts', "import type { Db } from '../store/index.ts';", /may not import src\/store/),
    offence('src/store/a.ts', "export { b } from '../stream/index.ts';", /may not import src\/stream/),
    offence('src/stream/a.ts', "const m = await import('../server/index.ts');", /may not import src\/server/),
    offence('src/stream/a.ts', "type S = import('../cli/main.ts').S;", /may not import src\/cli/),
    offence('src/stream/a.ts', "import { x } from '../gateway/pool.ts';", /only through its index\.ts/),
    offence('src/cli/a.ts', "import { x } from '../stream/pipeline.ts';", /only through its index\.ts/),
    offence('src/cli/a.ts', "import { x } from '../drill/sim/kernel.ts';", /may not import src\/drill/),
    offence('src/cli/commands/report.ts', "import { x } from '../../drill/index.ts';", /may not import src\/drill/),
    offence('src/cli/commands/drill.ts', "import { x } from '../../drill/plan.ts';", /may not import src\/drill/),
    offence('src/lint/a.ts', "import { x } from '../store/index.ts';", /may not import src\/store/),
    offence('src/novel/a.ts', "import { x } from '../base/id.ts';", /not in the table of layers/),
    offence('src/stream/a.ts', "import { x } from '../../scripts/build.ts';", /nothing outside of src/),
    offence('src/stream/a.ts', "import { useService } from '../../scripts/services/use.ts';", /nothing outside of src/),
    offence('src/stream/core.ts', "import { x } from './http.ts';", /runs only core files/),
    offence('src/stream/core/plan.ts', "import { x } from '../../base/files/write-file.ts';", /runs only core files/),
  ],
});

tester.run('no-export-all', noExportAll, {
  valid: [at('src/base/index.ts', "export { a } from './a.ts';")],
  invalid: [offence('src/base/index.ts', "export * from './a.ts';", /one by one/)],
});

tester.run('ts-imports', tsImports, {
  valid: [
    at('src/base/a.ts', "import { b } from './b.ts'; import fs from 'node:fs'; import data from '../data.json';"),
    at('src/base/a.ts', "export const name = 'b';"),
  ],
  invalid: [
    offence('src/base/a.ts', "import { b } from './b.js';", /with \.ts/),
    offence('src/base/a.ts', "import { b } from '..';", /with \.ts/),
    offence('src/base/a.ts', "export { b } from './b';", /with \.ts/),
  ],
});

tester.run('no-only', noOnly, {
  valid: [at('src/base/a.test.ts', "test('only one holder at a time', () => {});"), at('src/base/a.ts', 'x.only();')],
  invalid: [
    offence('src/base/a.test.ts', "test.only('a', () => {});", /switches the others off/),
    offence('src/base/a.test.ts', "test('a', { only: true }, () => {});", /switches the others off/),
  ],
});

tester.run('no-sleep-in-tests', noSleepInTests, {
  valid: [
    at('src/a.test.ts', "import { setTimeout as pause } from 'node:timers/promises'; while (!done()) await pause(5);"),
    at('src/a.test.ts', "await new Promise((resolve) => child.once('exit', resolve));"),
    at(
      'src/a.test.ts',
      "await new Promise((resolve, reject) => { setTimeout(reject, 5000); emitter.once('x', resolve); });",
    ),
    at('src/a.ts', 'await new Promise((resolve) => setTimeout(resolve, 5));'),
  ],
  invalid: [
    offence(
      'src/a.test.ts',
      "import { setTimeout as pause } from 'node:timers/promises'; await pause(5);",
      /does not sleep/,
    ),
    offence('src/a.test.ts', 'await new Promise((resolve) => setTimeout(resolve, 5));', /does not sleep/),
    offence('src/a.test.ts', 'await new Promise((go) => { setTimeout(() => go(), 5); });', /does not sleep/),
    offence('src/a.test.ts', 'await scheduler.wait(5);', /does not sleep/),
    offence('src/a.test.ts', 'Atomics.wait(cells, 0, 0, 5);', /does not sleep/),
  ],
});

tester.run('opening-comment', openingComment, {
  valid: [
    at('src/a.ts', '// What it is for.\nexport const a = 1;'),
    at('bin/a.js', '#!/usr/bin/env node\n// What it is for.\nrun();'),
    at('src/a.test.ts', "import { test } from 'node:test';"),
  ],
  invalid: [offence('src/a.ts', 'export const a = 1; // late', /opens with a comment/)],
});
