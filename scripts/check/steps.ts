// The steps of `npm run check`, the longest first. Adding one: a line here, and a file in steps/ unless it is a program.
import { program, type Step } from './step.ts';
import { packageStep } from './steps/package.ts';
import { structureStep } from './steps/structure.ts';
import { surfaceStep } from './steps/surface.ts';

export const STEPS: readonly Step[] = [
  program('lint', 'oxlint', []),
  program('types', 'tsc', ['-p', '.']),
  program('unused', 'knip', ['--no-progress', '--treat-config-hints-as-errors']),
  packageStep,
  surfaceStep,
  structureStep,
  program('format', 'oxfmt', ['--check']),
];
