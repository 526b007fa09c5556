// Reads Prometheus text strictly, line by line, as the format's page says it, and throws at anything else.
export interface ReadFamily {
  name: string;
  type: string;
  help: string;
  samples: { series: string; labels: Record<string, string>; value: number }[];
}

export function readExposition(text: string): ReadFamily[] {
  const families: ReadFamily[] = [];
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of text.split('\n').slice(0, -1)) {
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line);
    const type = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$/.exec(line);
    if (help) {
      if (families.some((family) => family.name === help[1])) throw new Error(`${help[1]} appears twice`);
      families.push({ name: help[1]!, type: '', help: unescape(help[2]!), samples: [] });
    } else if (type) {
      const family = families.at(-1);
      if (family?.name !== type[1] || family?.type !== '') throw new Error(`TYPE out of place: ${line}`);
      family.type = type[2]!;
    } else if (!line.startsWith('#')) {
      const family = families.at(-1);
      const sample = readSample(line);
      if (!family || family.type === '' || !sample.series.startsWith(family.name)) throw new Error(`stray ${line}`);
      family.samples.push(sample);
    }
  }
  return families;
}

function readSample(line: string): ReadFamily['samples'][number] {
  const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\S+)$/s.exec(line);
  if (!match) throw new Error(`not a sample: ${line}`);
  const labels: Record<string, string> = {};
  let rest = match[2]?.slice(1, -1) ?? '';
  while (rest !== '') {
    const pair = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/.exec(rest);
    if (!pair) throw new Error(`not labels: ${rest}`);
    labels[pair[1]!] = unescape(pair[2]!);
    rest = rest.slice(pair[0].length);
  }
  return { series: match[1]!, labels, value: readNumber(match[3]!) };
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
}

function readNumber(text: string): number {
  if (text === 'NaN') return NaN;
  const value = Number(text.replace('Inf', 'Infinity'));
  if (Number.isNaN(value)) throw new Error(`not a number: ${text}`);
  return value;
}
