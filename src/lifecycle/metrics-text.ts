// Metric families as Prometheus text (https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4). One
// family that cannot be shown never hides the others: it is left out, and a comment in the text says why.
import type { MetricFamily } from './types.ts';

/** `Content-Type` of what renderMetrics makes. */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Suffixes that a sample of a family may carry. */
const SUFFIXES: Readonly<Record<MetricFamily['type'], readonly string[]>> = {
  counter: [''],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
};

type Sample = MetricFamily['samples'][number];

/** Families of the same name (of a unit and its parts, say) become one. Names are shown as they are given. */
export function renderMetrics(families: readonly MetricFamily[]): string {
  const lines: string[] = [];
  for (const [name, sameName] of Map.groupBy(families, (family) => family.name)) {
    const first = sameName[0]!;
    const other = sameName.find((family) => family.type !== first.type);
    if (!METRIC_NAME.test(name)) lines.push(comment(`${name} is left out: not a metric name`));
    else if (other) lines.push(comment(`${name} is left out: declared as ${first.type} and as ${other.type}`));
    else
      renderFamily(
        lines,
        first,
        sameName.flatMap((family) => family.samples),
      );
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function renderFamily(lines: string[], family: MetricFamily, samples: readonly Sample[]): void {
  const { name, type, help } = family;
  lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
  const seen = new Set<string>();
  for (const sample of samples) {
    const suffix = sample.suffix ?? '';
    const series = `${name}${suffix}${renderLabels(sample.labels)}`;
    const badLabel = Object.keys(sample.labels).find((label) => !LABEL_NAME.test(label));
    const identity = `${suffix} ${JSON.stringify(Object.entries(sample.labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;
    if (!SUFFIXES[type].includes(suffix)) lines.push(comment(`${series} is left out: not a sample of a ${type}`));
    else if (badLabel !== undefined)
      lines.push(comment(`${name} has a sample left out: ${badLabel} is not a label name`));
    else if (seen.has(identity)) lines.push(comment(`${series} is left out: given twice`));
    else lines.push(`${series} ${formatValue(sample.value)}`);
    seen.add(identity);
  }
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(help: string): string {
  return help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** A comment line; a name that breaks the line must not break the format. */
function comment(text: string): string {
  return `# ${text.replaceAll('\n', '\\n')}`;
}

function formatValue(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
}
