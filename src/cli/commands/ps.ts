// `lastcall ps`: the units of this machine.
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  name: 'ps',
  summary: 'List the units of this machine',
  details: [
    'Units that ended without their stages (killed, crashed) are listed as dead until they start again; those whose process does not answer as silent.',
  ],
  arguments: [],
  options: {},
  settings: ['stateDir'],
  examples: [{ line: 'lastcall ps', does: 'What is running here?' }],
  async run({ settings, output }) {
    const [{ listUnits, renderListing }, { stateDirectory }] = await Promise.all([
      import('../units/listing.ts'),
      import('../state-directory.ts'),
    ]);
    const units = await listUnits(stateDirectory(settings));
    if (output.format === 'people') output.result(null, () => renderListing(units));
    else for (const unit of units) output.result(unit, () => '');
    return 0;
  },
});
