// Our own lint rules as an oxlint plugin (.oxlintrc.json turns them on). What oxlint can do by itself is not here.
import { layers } from './layers.ts';
import { noExportAll } from './no-export-all.ts';
import { noOnly } from './no-only.ts';
import { noSleepInTests } from './no-sleep-in-tests.ts';
import { openingComment } from './opening-comment.ts';
import { tsImports } from './ts-imports.ts';

export default {
  meta: { name: 'lastcall' },
  rules: {
    layers,
    'no-export-all': noExportAll,
    'no-only': noOnly,
    'no-sleep-in-tests': noSleepInTests,
    'opening-comment': openingComment,
    'ts-imports': tsImports,
  },
};
