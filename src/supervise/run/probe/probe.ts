// Probes: questions that a command answers when it is ready, or alive. `http:PATH`, `tcp:PORT`, `cmd:…`, `log:REGEX`,
// `file:PATH`, and `control`: it says so itself, over the socket in LASTCALL_CONTROL.
import { LastcallError } from '../../../base/errors.ts';
import { suggestion } from '../../../base/nearest.ts';
import { commandWords } from '../command-words.ts';

export type Probe =
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'cmd'; readonly argv: readonly [string, ...string[]] }
  | { readonly kind: 'log'; readonly pattern: RegExp }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'control' };

const KINDS = ['http', 'tcp', 'cmd', 'log', 'file', 'control'];
const LOOPBACK = '127.0.0.1';
const PORT_MAX = 65_535;

/**
 * @param appPort where the command listens, for `http:/path`; null if nobody said
 * @param on what the probe was given for
 * @throws LastcallError `usage`
 */
export function parseProbe(text: string, appPort: number | null, on: string): Probe {
  if (text === 'control') return { kind: 'control' };
  const [, kind, rest = ''] = /^([a-z]+):(.*)$/s.exec(text) ?? [];
  switch (kind) {
    case 'http':
    case 'https':
      return { kind: 'http', url: httpUrl(kind, rest, appPort, on) };
    case 'tcp':
      return tcpProbe(rest, on);
    case 'cmd':
      return { kind: 'cmd', argv: commandWords(rest, on) };
    case 'log':
      return { kind: 'log', pattern: pattern(rest, on) };
    case 'file':
      if (rest !== '') return { kind: 'file', path: rest };
      throw wrong('this names no file', on, 'Write file:PATH.');
    default: {
      const examples = 'Use http:/health, tcp:8000, cmd:COMMAND, log:REGEX, file:PATH or control.';
      throw wrong(`${JSON.stringify(text)} is no probe`, on, suggestion(kind ?? text, KINDS, examples));
    }
  }
}

/** `http:/health`, `http:8000/health` and `http://host:8000/health`. */
function httpUrl(scheme: string, rest: string, appPort: number | null, on: string): string {
  const [, port, path] = /^(\d*)(\/(?!\/).*)?$/s.exec(rest) ?? [];
  const full = `${scheme}:${rest}`;
  if (rest.startsWith('//') && URL.canParse(full)) return full;
  const number = port ? Number(port) : port === '' ? appPort : null;
  if (number === null && port === '') {
    throw wrong('a path alone does not say where to ask', on, 'Give --app-port as well, or write http:8000/health.');
  }
  if (number === null || number < 1 || number > PORT_MAX) {
    throw wrong(`${JSON.stringify(full)} is no address`, on, 'Write http:/health, http:8000/health or a whole URL.');
  }
  return `${scheme}://${LOOPBACK}:${number}${path ?? '/'}`;
}

function tcpProbe(rest: string, on: string): Probe {
  const [, host, port] = /^(?:(.+):)?(\d+)$/.exec(rest) ?? [];
  const number = Number(port);
  if (number >= 1 && number <= PORT_MAX) return { kind: 'tcp', host: host ?? LOOPBACK, port: number };
  throw wrong(`${JSON.stringify(rest)} is no port`, on, 'Write tcp:8000 or tcp:HOST:8000.');
}

function pattern(source: string, on: string): RegExp {
  try {
    if (source !== '') return new RegExp(source);
  } catch {
    // Told below.
  }
  throw wrong(`${JSON.stringify(source)} is no regular expression`, on, 'Write one such as log:Listening on');
}

function wrong(what: string, on: string, todo: string): LastcallError {
  return new LastcallError('usage', { what, on, todo });
}
