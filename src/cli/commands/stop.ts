// `lastcall stop UNIT`: ends a unit, or a part of one, and waits for its report.
import { defineCommand } from '../command.ts';
import { UNIT } from '../units/unit-argument.ts';

/** Beyond every budget of an ending: the unit's own deadline comes first. */
const WAIT_MS = 24 * 3_600_000;

export const command = defineCommand({
  name: 'stop',
  summary: 'End a unit by its stages, or one model or part of it, and show the report',
  details: [
    'Waits until it is over. Ctrl+C ends the waiting, not the ending. Exit code 0 once the ending is over, however it went; the report says how.',
  ],
  arguments: [UNIT],
  options: {
    scope: {
      kind: { type: 'text', placeholder: 'SCOPE' },
      describe: 'What ends: system, pipeline, model:NAME or part:NAME',
      fallback: 'the whole unit',
    },
    deadline: {
      kind: { type: 'duration' },
      describe: 'End within this time, as far as the platform allows; an ending that runs is only shortened',
      fallback: 'the configured budget',
    },
    mode: {
      kind: { type: 'choice', choices: ['suspend', 'drain'] },
      describe:
        'suspend leaves windows and timers open for the resume; drain reads a source that has an end to its end, fires what waits for time and marks the end',
      fallback: 'suspend',
    },
  },
  settings: ['stateDir'],
  examples: [
    { line: 'lastcall stop flights --deadline 30s', does: 'End the unit flights within half a minute' },
    { line: 'lastcall stop flights --scope model:delay', does: 'End one model; the rest of the unit goes on' },
  ],
  async run({ arguments: { unit }, options: { scope, deadline, mode }, settings, output }) {
    const { withUnit } = await import('../units/connect.ts');
    const command = {
      ...(scope === undefined ? {} : { scope }),
      ...(deadline === undefined ? {} : { deadlineMs: deadline }),
      ...(mode === undefined ? {} : { mode }),
    };
    const answer = await withUnit(unit, settings, (client) => client.stop(command, WAIT_MS));
    if (!answer.report) {
      output.result(answer, () => `${answer.unit} is ending; its report will be in reports/${answer.instance}.json`);
      return 0;
    }
    const { renderReport } = await import('../report/render.ts');
    const { report } = answer;
    output.result(answer, () => renderReport(report, output));
    return 0;
  },
});
