// Manifests that are templates still (Helm, Jinja) are no YAML. Their actions are replaced by as many harmless characters,
// so that what is written literally can be read at its place, and what an action fills in is known to be unknown.

/** Marks of a value that a template fills in; `Tree.isTemplated` knows them. */
const OPEN = '\u27e6';
const CLOSE = '\u27e7';

const ACTION = /\{\{[^]*?\}\}|\{%[^]*?%\}|\{#[^]*?#\}|<%[^]*?%>/g;
/** Actions that print nothing, or whole blocks of lines. */
const SILENT =
  /^(?:\{%|\{#|<%[^=]|\{\{-?\s*(?:\/\*|if\b|else\b|end\b|with\b|range\b|define\b|block\b|\$\w+\s*:?=|-?\s*\}\}))/;

export function looksLikeTemplate(text: string): boolean {
  return /\{\{|\{%|<%/.test(text);
}

/** The text with its actions replaced, character for character: every offset and every line stays what it was. */
export function neutralise(text: string): string {
  return text.replace(ACTION, (action, offset: number) => {
    const isAlone = startsLine(text, offset) && endsLine(text, offset + action.length);
    if (isAlone || SILENT.test(action)) return action.replace(/[^\r\n]/g, ' ');
    const inner = action.slice(1, -1).replace(/[^\w\r\n]/g, '_');
    return `${OPEN}${inner}${CLOSE}`;
  });
}

function startsLine(text: string, offset: number): boolean {
  return /^[ \t]*$/.test(text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset));
}

function endsLine(text: string, offset: number): boolean {
  const end = text.indexOf('\n', offset);
  return /^\s*$/.test(text.slice(offset, end === -1 ? text.length : end));
}

/** A text with its marks as people write them. */
export function shown(text: string): string {
  return text.replace(/\u27e6[^\u27e7]*\u27e7/g, '{{…}}');
}
