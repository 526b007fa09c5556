// `lastcall extend UNIT 30s`: asks for more time for the stage that runs now.
import { formatMs } from '../../base/duration.ts';
import { defineCommand } from '../command.ts';
import { UNIT } from '../units/unit-argument.ts';

export const command = defineCommand({
  name: 'extend',
  summary: 'Give the stage of an ending that runs now more time',
  details: [
    'A lease, counted from now; at most 30s at a time, and only as far as the unit and whoever stops it allow. Exit code 1 if nothing was granted.',
  ],
  arguments: [
    UNIT,
    {
      name: 'time',
      describe: 'How much from now, such as 30s',
      kind: { type: 'duration' },
      presence: 'required',
    },
  ],
  options: {},
  settings: ['stateDir'],
  examples: [{ line: 'lastcall extend flights 30s', does: 'The last checkpoint is slow; let it finish' }],
  async run({ arguments: { unit, time }, settings, output }) {
    const { withUnit } = await import('../units/connect.ts');
    const answer = await withUnit(unit, settings, (client) => client.extend(time));
    const reason = answer.reason === null ? '' : `: ${answer.reason}`;
    output.result(answer, () => `${formatMs(answer.grantedMs)} of ${formatMs(time)} granted${reason}`);
    return answer.grantedMs > 0 ? 0 : 1;
  },
});
