// `lastcall report FILE…`: one shutdown report for people, or several compared.
import { defineCommand } from '../command.ts';
import { meaningOf } from '../exit-codes.ts';

export const command = defineCommand({
  name: 'report',
  summary: 'Explain a shutdown report, or compare several',
  details: [
    'One file: what ended and why, where the time went, what became of the work, what the exit code means and what to do. Several: a comparison. Exit code 0 if the reports could be read, whatever they say.',
  ],
  arguments: [
    {
      name: 'file',
      describe: 'Report as written to reports/ in the state directory; - reads stdin',
      kind: { type: 'path', placeholder: 'FILE' },
      presence: 'many',
    },
  ],
  options: {},
  settings: [],
  examples: [
    {
      line: 'lastcall report ~/.local/state/lastcall/reports/unit_01JD3Q8W8T6ZC8Y2M6K0XGQ4ZB.json',
      does: 'Why did it end, and is everything accounted for?',
    },
  ],
  async run({ arguments: { file: paths }, output }) {
    const { readReport } = await import('../report/read.ts');
    const reports = paths.map((path) => ({ path, report: readReport(path) }));
    if (reports.length === 1) {
      const { renderReport } = await import('../report/render.ts');
      const { report } = reports[0]!;
      const meaning = meaningOf(report);
      output.result({ ...report, meaning }, () => renderReport(report, output));
      return 0;
    }
    const { renderComparison } = await import('../report/compare.ts');
    if (output.format === 'people') output.result(null, () => renderComparison(reports));
    else for (const { path, report } of reports) output.result({ path, ...report }, () => '');
    return 0;
  },
});
