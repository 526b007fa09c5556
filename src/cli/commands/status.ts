// `lastcall status UNIT`: what one unit is doing now.
import { defineCommand } from '../command.ts';
import { UNIT } from '../units/unit-argument.ts';

export const command = defineCommand({
  name: 'status',
  summary: 'Show what a unit is doing',
  arguments: [UNIT],
  options: {},
  settings: ['stateDir'],
  examples: [{ line: 'lastcall status flights', does: 'Phase, work in flight, checkpoint, rate and lag' }],
  async run({ arguments: { unit }, settings, output }) {
    const { withUnit } = await import('../units/connect.ts');
    const { renderStatus } = await import('../units/status.ts');
    const status = await withUnit(unit, settings, (client) => client.status());
    output.result(status, () => renderStatus(status));
    return 0;
  },
});
