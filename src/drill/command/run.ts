// What the commands do: options to a plan, the drill, and its report in every form that was asked for.
import { writeFileDurably } from '../../base/files/index.ts';
import type { OptionValues, Settings } from '../../cli/command.ts';
import { type DRILL_OPTIONS, type TARGET_OPTIONS } from '../../cli/drill/options.ts';
import type { Output } from '../../cli/output.ts';
import { progressLine } from '../../cli/progress.ts';
import { oneLine, table } from '../../cli/text.ts';
import { runDrill } from '../drill.ts';
import { SCENARIOS } from '../matrix.ts';
import { renderHtml } from '../report/html.ts';
import { renderJunit } from '../report/junit.ts';
import { renderDrill } from '../report/people.ts';
import type { DrillReport } from '../report/report.ts';
import { parseAssertion } from '../verdict/core/expression.ts';
import { MEASURE_NAMES } from '../verdict/core/measure.ts';
import { type DrillValues, planOf } from './plan.ts';
import { withInterrupt } from './interrupt.ts';

type MatrixValues = OptionValues<typeof TARGET_OPTIONS>;
type Titled = DrillReport & { readonly title?: string };

export async function drill(
  values: OptionValues<typeof DRILL_OPTIONS>,
  settings: Settings,
  output: Output,
): Promise<number> {
  const assertion = values.assert === undefined ? null : parseAssertion(values.assert, [...MEASURE_NAMES, 'findings']);
  const plan = planOf(values, settings);
  const progress = progressLine(output, () => performance.now());
  const report = await withInterrupt((abort) =>
    runDrill({
      plan,
      seed: values.seed ?? 1,
      trials: values.trials ?? 1,
      assertion,
      minimises: (values.trials ?? 1) > 1,
      abort,
      progress: progress.show,
    }),
  );
  progress.end();
  await write(values, [report], report);
  output.result(report, () => renderDrill(report, output));
  return report.ok ? 0 : 1;
}

export async function drillMatrix(values: MatrixValues, settings: Settings, output: Output): Promise<number> {
  const plan = planOf(onlyTarget(values), settings);
  const progress = progressLine(output, () => performance.now());
  const reports: Titled[] = [];
  await withInterrupt(async (abort) => {
    for (const scenario of SCENARIOS) {
      progress.show(`scenario ${reports.length + 1} of ${SCENARIOS.length}: ${scenario.name}`);
      const report = await runDrill({
        plan: scenario.plan(plan),
        seed: values.seed ?? 1,
        trials: 1,
        assertion: null,
        minimises: false,
        abort,
        progress: () => {},
      });
      reports.push({ ...report, title: scenario.name });
    }
  });
  progress.end();
  const ok = reports.every((it) => it.ok);
  const card = { schema: 'lastcall.drill.matrix/1', target: reports[0]?.target ?? '', ok, scenarios: reports };
  await write(values, reports, card);
  output.result(card, () => renderCard(reports, output));
  return ok ? 0 : 1;
}

function renderCard(reports: readonly Titled[], output: Output): string {
  const rows = reports.map((it) => [
    it.title ?? '',
    it.grade ?? it.verdict,
    oneLine(it.invalid?.what ?? it.findings.map((one) => one.code).join(', ')),
  ]);
  const good = reports.filter((it) => it.ok).length;
  const failed = reports.filter((it) => !it.ok).map((it) => oneLine(`${it.title}: ${it.replay}`));
  return [
    oneLine(reports[0]?.target ?? ''),
    '',
    table(rows),
    '',
    output.paint(good === reports.length ? 'green' : 'red', `${good} of ${reports.length} scenarios clean`),
    ...(failed.length > 0 ? ['', 'Again:', ...failed] : []),
  ].join('\n');
}

/** What only `lastcall drill` takes is as if it was not given. */
function onlyTarget(values: MatrixValues): DrillValues {
  const absent = {
    clients: undefined,
    signal: undefined,
    signalTo: undefined,
    when: undefined,
    after: undefined,
    secondSignal: undefined,
    secondAfter: undefined,
    fault: undefined,
    faultLead: undefined,
    faultFor: undefined,
    upstream: undefined,
    block: undefined,
    expectExit: undefined,
    expectIds: undefined,
    restart: false,
    assert: undefined,
    trials: undefined,
  };
  return { ...absent, ...values };
}

async function write(
  values: Pick<DrillValues, 'html' | 'junit' | 'out'>,
  reports: readonly Titled[],
  json: unknown,
): Promise<void> {
  if (values.html !== undefined) await writeFileDurably(values.html, renderHtml(reports));
  if (values.junit !== undefined) await writeFileDurably(values.junit, renderJunit(reports));
  if (values.out !== undefined) await writeFileDurably(values.out, `${JSON.stringify(json)}\n`);
}
