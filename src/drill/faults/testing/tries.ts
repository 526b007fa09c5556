// A program under a fault, for tests: it tries something again and again and says how that went.
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { LastcallError } from '../../../base/errors.ts';
import { newDirectory } from '../../../lifecycle/testing/program.ts';
import { until } from '../../../lifecycle/testing/until.ts';
import { CommandTarget } from '../../target/command.ts';
import type { Fault, FaultPlace } from '../fault.ts';
import { findFaults } from '../table.ts';

const HERE = { isCommand: true, hasUpstream: true, hasBlockPath: true };

/** The fault, or undefined where this machine cannot do it, and then the test is skipped. */
export function possible(t: TestContext, name: string): Fault | undefined {
  try {
    return findFaults([name], HERE)[0];
  } catch (error) {
    if (!(error instanceof LastcallError && error.code === 'dependency')) throw error;
    t.skip(`${name}: ${error.message}`);
    return undefined;
  }
}

/** A program that says a line whenever it has tried something, under the fault. */
export function tries(t: TestContext, fault: Fault, code: string): { target: CommandTarget; place: FaultPlace } {
  const directory = newDirectory(t);
  const launch = fault.launch?.(directory) ?? { through: [], environment: {} };
  const prelude = `const dir = ${JSON.stringify(directory)}; const fs = require('node:fs'); const say = (text) => fs.writeSync(1, text + '\\n');`;
  const target = new CommandTarget({
    words: [process.execPath, '-e', prelude + code],
    through: launch.through,
    environment: launch.environment,
    mark: `test${randomBytes(6).toString('hex')}`,
  });
  t.after(() => target.destroy());
  return { target, place: { target, proxy: null, directory, ask: () => {}, blockPath: null, forMs: 60_000 } };
}

export async function says(target: CommandTarget, line: string): Promise<void> {
  const from = target.output.length;
  await until(() => target.output.slice(from).includes(line), `${line} among ${target.output.slice(-3).join(' / ')}`);
}
