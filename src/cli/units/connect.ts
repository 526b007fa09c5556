// The connection from a command to the unit that it steers.
import { LastcallError } from '../../base/errors.ts';
import { type ControlClient, controlOf, runningUnits } from '../../lifecycle/control/client.ts';
import { suggestion } from '../../options/index.ts';
import type { Settings } from '../command.ts';
import { stateDirectory } from '../state-directory.ts';

/** Asks the unit; if none of that name runs, the error names the one that was probably meant. */
export async function withUnit<Answer>(
  name: string,
  settings: Settings,
  ask: (unit: ControlClient) => Promise<Answer>,
): Promise<Answer> {
  const directory = stateDirectory(settings);
  const client = await controlOf(directory, name);
  try {
    return await ask(client);
  } catch (error) {
    const isAbsent = error instanceof LastcallError && error.code === 'not_found' && error.on === client.path;
    if (!isAbsent) throw error;
    const names = (await runningUnits(directory)).map((unit) => unit.name);
    throw new LastcallError('not_found', {
      what: 'no unit of this name is running',
      on: name,
      todo: suggestion(name, names, '`lastcall ps` lists the units of this machine.'),
    });
  }
}
