// Whether the package is well-formed for every tool that may load it.
import { runProgram, type Step } from '../step.ts';
import { stagedPackage } from '../staged.ts';

export const packageStep: Step = {
  name: 'package',
  run: () => runProgram('publint', ['run', stagedPackage(), '--pack', 'false', '--strict']),
};
