// Small schemas that the configuration of the gateway is made of: durations, sizes, names, origins, patterns.
import { RE2JS } from 're2js';
import { z } from 'zod';
import { durationMs } from '../../base/duration.ts';
import { messageOf } from '../../base/errors.ts';

/** `250ms`, `30s`, `5m`; in milliseconds. */
export const duration = z.string().transform((text, context) => {
  try {
    return durationMs(text, 'duration');
  } catch {
    return refuse(context, `${JSON.stringify(text)} is not a duration, such as 250ms, 30s or 5m`);
  }
});

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** A number of bytes, or a text such as `10MiB`. */
export const size = z.union([z.number().int().min(0), z.string()]).transform((value, context) => {
  if (typeof value === 'number') return value;
  const match = /^(\d+)\s*(KiB|MiB|GiB)?$/.exec(value);
  if (!match) return refuse(context, `${JSON.stringify(value)} is not a size, such as 65536, 64KiB or 10MiB`);
  return Number(match[1]) * SIZE_UNITS[match[2] ?? '']!;
});

/** Of models, versions, routes and instances. They stand in URLs, cookies and labels. */
export const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a name has letters, digits, dots, dashes and underscores, at most 63');

export const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/, 'this is no name of a header')
  .transform((text) => text.toLowerCase());

export const cookieName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/, 'this is no name of a cookie');

/** `http://10.0.0.5:8000`: an origin, nothing behind it. */
export const origin = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain = url && ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.password === '';
  if (!plain || url.hostname === '') return refuse(context, `${JSON.stringify(text)} is not http://HOST:PORT`);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return refuse(context, 'an instance has an origin only; a path goes into `rewrite` of its version');
  }
  return url.origin;
});

/** A path of a route: begins with one slash. */
export const path = z.string().transform((text, context) => {
  if (/^\/(?!\/)[^\s?#\\]*$/.test(text) && !/(^|\/)\.{1,2}(\/|$)/.test(text)) return text;
  return refuse(context, `${JSON.stringify(text)} is not a path, such as /predict`);
});

/** Values that a pattern looks at are cut to this length. */
const TEXT_LENGTH_MAX = 8_192;
const PATTERN_LENGTH_MAX = 1_000;

/**
 * A regular expression in RE2 syntax, which has no back-references and needs time in proportion to the text, whatever the
 * pattern: nobody can make it hang by a header.
 */
export const pattern = z.string().transform((text, context): ((value: string) => boolean) => {
  if (text.length > PATTERN_LENGTH_MAX)
    return refuse(context, `a pattern has at most ${PATTERN_LENGTH_MAX} characters`);
  try {
    const compiled = RE2JS.compile(text);
    return (value) => compiled.matcher(value.slice(0, TEXT_LENGTH_MAX)).find();
  } catch (error) {
    return refuse(context, `${JSON.stringify(text)} is not a pattern in RE2 syntax: ${messageOf(error)}`);
  }
});

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}
