// One page that needs nothing but itself: verdict, reasons, a timeline for each run, the numbers.
import { escapeMarkup } from './markup.ts';
import type { DrillReport, RunReport } from './report.ts';
import { LEGEND, timelineSvg } from './svg.ts';

const STYLE = `
:root { color-scheme: light dark; --line: #8885; --soft: #8882; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.grade { display: inline-block; min-width: 2.4rem; padding: 0 .5rem; margin-right: .6rem; text-align: center; color: #fff; border-radius: .3rem; }
.A, .B, .clean { background: #2e7d46; } .C { background: #b27b00; } .D, .F, .unclean { background: #b3261e; } .invalid { background: #6b6b6b; }
code, pre { font: 13px/1.45 ui-monospace, monospace; background: var(--soft); border-radius: .25rem; padding: .1rem .3rem; }
pre { padding: .6rem .8rem; white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; } td, th { border-bottom: 1px solid var(--line); padding: .2rem .9rem .2rem 0; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: CanvasText; stroke: Canvas; stroke-width: 3px; paint-order: stroke; }
.legend span { margin-right: 1.2rem; } .legend i { display: inline-block; width: .8rem; height: .8rem; margin-right: .35rem; }
`;
/** More pictures than that nobody looks at; the worst runs come first. */
const RUNS_SHOWN = 20;

export function renderHtml(reports: readonly (DrillReport & { readonly title?: string })[]): string {
  const title = reports.length === 1 ? 'Drill' : 'Drill: score card';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title><style>${STYLE}</style></head><body>
${reports.length === 1 ? '' : scoreCard(reports)}
${reports.map(section).join('\n')}
</body></html>
`;
}

function scoreCard(reports: readonly (DrillReport & { readonly title?: string })[]): string {
  const rows = reports.map(
    (it, index) =>
      `<tr><td><a href="#r${index}">${escapeMarkup(it.title ?? '')}</a></td><td>${badge(it.grade ?? it.verdict)}</td><td>${escapeMarkup(it.invalid?.what ?? it.findings.map((one) => one.code).join(', '))}</td></tr>`,
  );
  return `<h1>Score card</h1><p><code>${escapeMarkup(reports[0]?.target ?? '')}</code></p><table>${rows.join('')}</table>`;
}

function section(report: DrillReport & { readonly title?: string }, index: number): string {
  const worstFirst = report.runs.toSorted((a, b) => Number(b.verdict !== 'clean') - Number(a.verdict !== 'clean'));
  return `<section id="r${index}"><h1>${badge(report.grade ?? report.verdict)}${escapeMarkup(report.title ?? report.verdict)}</h1>
<p><code>${escapeMarkup(report.target)}</code>, ${report.trials} ${report.trials === 1 ? 'trial' : 'trials'}, ${escapeMarkup(report.at)}</p>
${report.invalid ? `<p>${escapeMarkup(`${report.invalid.what}. ${report.invalid.todo}`)}</p>` : ''}
${findings(report)}
${report.bound95 === null || report.bound95 === 1 ? '' : `<p>Rate of failure below ${report.bound95} with 95 % confidence.</p>`}
${report.asserts.map((it) => `<p>${badge(it.holds ? 'clean' : 'unclean')}<code>${escapeMarkup(it.text)}</code> ${escapeMarkup(it.why)}</p>`).join('')}
${worstFirst.slice(0, RUNS_SHOWN).map(runSection).join('\n')}
${report.unmeasured.length === 0 ? '' : `<p>Not measured: ${escapeMarkup(report.unmeasured.join('; '))}.</p>`}
<h2>Again</h2><pre>${escapeMarkup(report.replay)}</pre></section>`;
}

function findings({ findings: list }: DrillReport): string {
  if (list.length === 0) return '';
  const rows = list.map(
    (it) =>
      `<tr><td>${badge(it.grade)}</td><td><b>${it.code}</b><br>${escapeMarkup(it.what)}</td><td>${escapeMarkup(it.todo)}</td></tr>`,
  );
  return `<table><tr><th></th><th>what was seen</th><th>what to do</th></tr>${rows.join('')}</table>`;
}

function runSection(run: RunReport): string {
  const legend = LEGEND.map(({ name, colour }) => `<span><i style="background:${colour}"></i>${name}</span>`).join('');
  const numbers = Object.entries(run.measures).filter(([, value]) => value !== null);
  const cells = numbers.map(([name, value]) => `<tr><td>${name}</td><td class="number">${value}</td></tr>`);
  const moments = run.timeline.map(
    (it) => `<tr><td class="number">${it.atMs} ms</td><td>${escapeMarkup(it.what)}</td></tr>`,
  );
  return `<h2>Seed ${run.seed}: ${run.verdict}</h2>
<p class="legend">${legend}</p>${timelineSvg(run)}
<details><summary>Numbers</summary><table>${cells.join('')}</table></details>
<details><summary>Timeline</summary><table>${moments.join('')}</table></details>`;
}

function badge(text: string): string {
  return `<span class="grade ${text}">${text}</span>`;
}
