// The stop signal is not the one that this server ends well on.
import { serverName, wordsOf } from '../known/servers.ts';
import { defineRule } from '../rule.ts';
import type { Program } from '../subjects/program.ts';
import type { BuiltImage } from '../world.ts';

interface Wanted {
  /** The signal that ends it after its work. */
  readonly signal: string;
  /** Signals that end it at once, or do something else. */
  readonly wrong: readonly string[];
  readonly what: string;
}

const SERVERS: Readonly<Record<string, Wanted>> = {
  nginx: {
    signal: 'SIGQUIT',
    wrong: ['SIGTERM', 'SIGINT'],
    what: 'closes all connections at once on TERM and INT; it finishes them on QUIT',
  },
  openresty: {
    signal: 'SIGQUIT',
    wrong: ['SIGTERM', 'SIGINT'],
    what: 'closes all connections at once on TERM and INT; it finishes them on QUIT',
  },
  'php-fpm': {
    signal: 'SIGQUIT',
    wrong: ['SIGTERM', 'SIGINT'],
    what: 'ends its workers at once on TERM and INT; it finishes their requests on QUIT',
  },
  httpd: {
    signal: 'SIGWINCH',
    wrong: ['SIGTERM', 'SIGINT'],
    what: 'kills its workers at once on TERM; it finishes their requests on WINCH',
  },
  apache2: {
    signal: 'SIGWINCH',
    wrong: ['SIGTERM', 'SIGINT'],
    what: 'kills its workers at once on TERM; it finishes their requests on WINCH',
  },
  apache2ctl: {
    signal: 'SIGWINCH',
    wrong: ['SIGTERM', 'SIGINT'],
    what: 'kills its workers at once on TERM; it finishes their requests on WINCH',
  },
  'apache2-foreground': {
    signal: 'SIGWINCH',
    wrong: ['SIGTERM', 'SIGINT'],
    what: 'kills its workers at once on TERM; it finishes their requests on WINCH',
  },
  'httpd-foreground': {
    signal: 'SIGWINCH',
    wrong: ['SIGTERM', 'SIGINT'],
    what: 'kills its workers at once on TERM; it finishes their requests on WINCH',
  },
  postgres: {
    signal: 'SIGINT',
    wrong: ['SIGQUIT', 'SIGKILL'],
    what: 'aborts without a checkpoint on QUIT and has to recover; it ends fast and clean on INT',
  },
  haproxy: {
    signal: 'SIGUSR1',
    wrong: ['SIGTERM', 'SIGINT', 'SIGQUIT'],
    what: 'closes all connections at once on TERM; it finishes them on USR1',
  },
  gunicorn: {
    signal: 'SIGTERM',
    wrong: ['SIGINT', 'SIGQUIT'],
    what: 'cuts its requests on INT and QUIT; it finishes them on TERM',
  },
  uwsgi: {
    signal: 'SIGINT',
    wrong: ['SIGTERM'],
    what: 'reloads instead of ending on TERM, unless `die-on-term` is set',
  },
};

/** A stop command that is a kill; after something else it may be the last resort. */
const KILL_AT_ONCE = /^[-@:+!]*(?:\S*\/)?(?:kill|pkill|killall)\s+(?:-s\s*)?-?(?:9|KILL|SIGKILL)\b/;

export const rule = defineRule({
  id: 'stopsignal-mismatch',
  severity: 'warning',
  title: 'The stop signal is not the one that this server ends well on',
  why: 'Servers differ in what they do on a signal: nginx finishes requests on QUIT and cuts them on TERM, apache on WINCH, gunicorn the other way round, uwsgi reloads on TERM. Official images declare the right one; an image built on a bare system, or an overriding setting, does not.',
  source: 'https://nginx.org/en/docs/control.html',
  bad: {
    Dockerfile: 'FROM debian:13\nRUN apt-get update && apt-get install -y nginx\nCMD ["nginx", "-g", "daemon off;"]\n',
  },
  good: {
    Dockerfile:
      'FROM debian:13\nRUN apt-get update && apt-get install -y nginx\nSTOPSIGNAL SIGQUIT\nCMD ["nginx", "-g", "daemon off;"]\n',
  },
  check({ programs, images, systemd }, report) {
    for (const { unit } of systemd) {
      const stop = unit.all('ExecStop').find(({ value }) => KILL_AT_ONCE.test(value));
      if (!stop || unit.last('Type')?.value === 'oneshot') continue;
      report({
        at: stop.span,
        what: `ExecStop of ${unit.name} kills the service at once: it never ends in order.`,
        todo: 'Leave ExecStop out: systemd sends TERM, waits for TimeoutStopSec, and kills only then.',
      });
    }
    for (const program of programs) {
      const { signal, platform } = program;
      if (signal && normal(signal.value) === 'SIGKILL') {
        report({
          at: signal.span,
          what: `The stop signal of ${program.label} is SIGKILL, so it never ends in order.`,
          todo: 'Use SIGTERM, or the signal that the program ends well on.',
        });
        continue;
      }
      // systemd's units have ExecStop for that.
      if (platform === 'systemd') continue;
      const name = nameOf(program);
      const wanted = SERVERS[name];
      if (!wanted || (name === 'uwsgi' && diesOnTerm(program, images))) continue;
      const actual = signal ? normal(signal.value) : defaultSignal(program);
      if (actual === undefined || !wanted.wrong.includes(actual)) continue;
      // Behind a shell or an init that translates signals, somebody has thought about it.
      if (program.launch?.argv.some((word) => /^--rewrite|^-r$|^\d+:\d+$/.test(word))) continue;
      const insert = platform === 'dockerfile' && !signal ? program.launchSpan : undefined;
      report({
        at: signal?.span ?? program.launchSpan,
        what: `${name} ${wanted.what}; here it gets ${actual}${signal ? '' : ', the default'}.`,
        todo:
          platform === 'dockerfile'
            ? `Add \`STOPSIGNAL ${wanted.signal}\`.`
            : `Set the stop signal to ${wanted.signal}.`,
        ...(insert ? { edits: [insertLine(insert, `STOPSIGNAL ${wanted.signal}`)] } : signal ? {} : {}),
      });
    }
  },
});

/** The server by its command, or by its own image if that says nothing. */
function nameOf(program: Program): string {
  const name = serverName(program).replace(/^php-fpm[\d.]*$/, 'php-fpm');
  return name in SERVERS ? name : '';
}

/** Undefined where an unknown image may declare one. Nomad's other drivers and old habits send INT. */
function defaultSignal(program: Program): string | undefined {
  if (!program.isFirstProcess) return undefined;
  return program.facts.stopSignal;
}

function normal(value: string): string {
  const numbers: Readonly<Record<string, string>> = {
    '2': 'SIGINT',
    '3': 'SIGQUIT',
    '9': 'SIGKILL',
    '10': 'SIGUSR1',
    '15': 'SIGTERM',
    '28': 'SIGWINCH',
  };
  const upper = value.trim().toUpperCase();
  return numbers[upper] ?? (upper.startsWith('SIG') ? upper : `SIG${upper}`);
}

function diesOnTerm(program: Program, images: readonly BuiltImage[]): boolean {
  const words = wordsOf(program, 'uwsgi').join(' ');
  const ran = images.map(({ image }) => image.ran).join('\n');
  // A file of settings may hold it.
  return (
    /die-on-term|hook-master-start|--ini|\.ini\b|\.ya?ml\b|\.json\b|--emperor/.test(`${words}\n${ran}`) ||
    program.environment.has('UWSGI_DIE_ON_TERM')
  );
}

function insertLine({ source, start }: Program['launchSpan'], line: string) {
  const at = source.lineStart(source.position(start).line);
  return { span: source.span(at, at), text: `${line}\n` };
}
