// One cookie of a Cookie header (RFC 6265, 5.4), without making a table of all of them.

/** Longer headers are not searched: Node refuses them before, and a plane may be told otherwise. */
const HEADER_LENGTH_MAX = 32_768;

/** The value, or the empty text. Of several with the same name the first counts, as with most servers. */
export function cookieOf(header: string | readonly string[] | undefined, name: string): string {
  if (header === undefined) return '';
  const text = typeof header === 'string' ? header : header.join('; ');
  if (text.length > HEADER_LENGTH_MAX) return '';
  for (let start = 0; start < text.length;) {
    const end = text.indexOf(';', start);
    const stop = end === -1 ? text.length : end;
    while (text.charCodeAt(start) === 32) start++;
    if (text.startsWith(name, start) && text.charCodeAt(start + name.length) === 61) {
      return unquoted(text.slice(start + name.length + 1, stop).trim());
    }
    start = stop + 1;
  }
  return '';
}

function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
