// Unit files (systemd.syntax(7)) → units. The syntax is a page: sections, `Name=value`, `\` at the end of a line goes on,
// `#` and `;` begin comments, an empty value empties a list. No parser of it is kept on npm.
import type { Source, Span } from '../source/source.ts';
import type { Setting, Unit } from '../subjects/unit.ts';

interface Assignment extends Setting {
  readonly section: string;
  readonly name: string;
}

export interface UnitFile {
  readonly assignments: readonly Assignment[];
  readonly sections: ReadonlyMap<string, Span>;
}

/** @throws never; lines that mean nothing are passed over, as systemd does */
export function readUnitFile(source: Source): UnitFile {
  const assignments: Assignment[] = [];
  const sections = new Map<string, Span>();
  let section = '';
  for (let line = 1; line <= source.lineCount; line++) {
    const start = source.lineStart(line);
    const text = source.line(line);
    const trimmed = text.trim();
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith(';')) continue;
    const header = /^\[([^\]]+)\]/.exec(trimmed);
    if (header) {
      section = header[1]!;
      if (!sections.has(section)) sections.set(section, source.span(start, start + text.length));
      continue;
    }
    const equals = text.indexOf('=');
    let value = equals === -1 ? '' : text.slice(equals + 1);
    while (/\\\s*$/.test(value) && line < source.lineCount) {
      line += 1;
      const next = source.line(line);
      value = /^\s*[#;]/.test(next) ? value : `${value.replace(/\\\s*$/, ' ')}${next}`;
    }
    if (equals === -1 || section === '') continue;
    const name = text.slice(0, equals).trim();
    const nameStart = start + text.indexOf(name);
    const end = source.lineStart(line) + source.line(line).length;
    assignments.push({
      section,
      name,
      value: value.trim(),
      span: source.span(start + equals + 1, end),
      keySpan: source.span(nameStart, nameStart + name.length),
    });
  }
  return { assignments, sections };
}

/** A unit from its file and its drop-ins, in the order in which systemd reads them. */
export function unitOf(source: Source, name: string, file: UnitFile, dropIns: readonly UnitFile[]): Unit {
  const values = new Map<string, Setting[]>();
  for (const { section, name: key, ...setting } of [file, ...dropIns].flatMap(({ assignments }) => assignments)) {
    if (section !== 'Service') continue;
    if (setting.value === '') values.set(key, []);
    else values.set(key, [...(values.get(key) ?? []), setting]);
  }
  return {
    source,
    name,
    sectionSpan: file.sections.get('Service') ?? source.span(0, 0),
    all: (key) => values.get(key) ?? [],
    last: (key) => values.get(key)?.at(-1),
  };
}
