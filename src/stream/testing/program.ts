// Starts the counting program as a real process.
import type { TestContext } from 'node:test';
import { Program } from '../../lifecycle/testing/program.ts';
import { pipelineDirectory } from '../engines/embedded/place.ts';
import type { CountingProgram } from './counting-program.ts';

/** @param stateDir of an earlier program, for a second start */
export function countingProgram(test: TestContext, given: CountingProgram, stateDir?: string): Program {
  const module = new URL('./counting-program.ts', import.meta.url).href;
  const code = `const { runCounting } = await import('${module}'); await runCounting(${JSON.stringify(given)});`;
  return new Program(test, code, stateDir === undefined ? {} : { stateDir });
}

/** Where a program keeps its state. */
export function directoryOf({ stateDir }: Program): string {
  return pipelineDirectory(stateDir, 'counting');
}
