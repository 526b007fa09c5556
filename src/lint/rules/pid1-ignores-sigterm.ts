// The first process has no handler for SIGTERM, so it ignores it.
import { defineRule } from '../rule.ts';
import type { Program } from '../subjects/program.ts';
import { optionValue } from '../subjects/launch.ts';

/** Modules of Python that set no handler for SIGTERM (facts measured with the servers themselves). */
const MODULES = new Set(['http.server', 'flask', 'SimpleHTTPServer', 'smtpd']);
const PROGRAMS = new Set(['sleep', 'tail', 'flask', 'cat']);

const HANDLES = {
  python:
    /signal\s*\.\s*signal\s*\(|add_signal_handler|SIGTERM|uvicorn|gunicorn|hypercorn|aiohttp|tornado|run_app|run_polling|start_polling|celery|waitress|grpc|asyncio\.Runner|streamlit|gradio|ray\.serve|twisted|cherrypy|sanic|prefect|dagster|debug\s*=\s*True|use_reloader|execute_from_command_line|add_done_callback|sigwait|trap/i,
  node: /process\s*\.\s*(?:on|once|addListener)\s*\(|SIGTERM|createTerminus|createLightship|close-with-grace|closeWithGrace|graceful|enableShutdownHooks|lastcall|stoppable|http-terminator/i,
};

/** What goes on until somebody ends it. */
const GOES_ON = {
  python:
    /while\s+(?:True|1)\b|serve_forever|run_forever|\.run\(\s*(?:host|port|["'])|app\.run\(|start_http_server|\.consume\(|\.subscribe\(|for \w+ in consumer|HTTPServer|socketserver|BlockingScheduler|make_server|\.listen\(|start_consuming/,
  node: /\.listen\s*\(|createServer|setInterval|while\s*\(\s*true|\.consume\(|\.subscribe\(|new Worker|cron/,
};

export const rule = defineRule({
  id: 'pid1-ignores-sigterm',
  severity: 'error',
  title: 'The first process has no handler for SIGTERM, so it ignores it',
  why: 'Process 1 of a container is not ended by a signal that it has no handler for: the kernel drops it. `docker stop` then waits 10 s, Kubernetes 30 s, and kills. An init before the program, or a handler in it, changes that.',
  source: 'https://man7.org/linux/man-pages/man7/pid_namespaces.7.html',
  bad: { Dockerfile: 'FROM python:3.13\nCMD ["python", "-m", "http.server", "8000"]\n' },
  good: { Dockerfile: 'FROM python:3.13\nENTRYPOINT ["tini", "--"]\nCMD ["python", "-m", "http.server", "8000"]\n' },
  check({ programs }, report) {
    for (const program of programs) {
      const { launch, isFirstProcess, hasInit, facts, signal, role, grace } = program;
      if (!launch || !isFirstProcess || hasInit !== false || launch.init || facts.hasInit || role === 'job') continue;
      // Someone who asks for another signal, or for the kill at once, knows about it.
      if (
        (signal && !/TERM|^15$/.test(signal.value)) ||
        (grace?.ms ?? Infinity) <= 2_000 ||
        program.platform === 'compose'
      )
        continue;
      const found = ignoresTerm(program);
      if (!found) continue;
      report({
        at: program.launchSpan,
        what: `${program.label[0]!.toUpperCase()}${program.label.slice(1)} starts ${found.who} as the first process, which has no handler for SIGTERM${found.proof}.`,
        todo: 'Put an init before it (`ENTRYPOINT ["tini", "--"]`), or handle SIGTERM in the program.',
      });
    }
  },
});

/** Who ignores SIGTERM as process 1, and how that is known; undefined where it is not known. */
export function ignoresTerm(program: Program): { who: string; proof: string } | undefined {
  const { launch, code, codeSpan } = program;
  if (!launch || launch.manager || (launch.shell && !launch.shell.execs && launch.form !== 'shell-form'))
    return undefined;
  if (launch.form === 'shell-form' && !launch.shell?.execs) return undefined;
  if (program.handlesSigterm === true) return undefined;
  if (PROGRAMS.has(launch.program) && !reloads(program)) return { who: `\`${launch.program}\``, proof: '' };
  if (launch.program === 'python') {
    const module = optionValue(launch.args, '-m');
    if (module !== undefined && MODULES.has(module) && !reloads(program))
      return { who: `python -m ${module}`, proof: '' };
  }
  if (program.handlesSigterm === false)
    return { who: `\`${scriptOf(program) ?? launch.program}\``, proof: ' (a comment says so)' };
  if ((launch.program !== 'python' && launch.program !== 'node') || code === undefined) return undefined;
  const imports =
    launch.program === 'node'
      ? /\bfrom\s+['"]\.{1,2}\/|require\(\s*['"]\.{1,2}\/|import\(\s*['"]\.|import\s+['"]\.{1,2}\//
      : undefined;
  // A script that does its work and ends is not waited for.
  if (HANDLES[launch.program].test(code) || !GOES_ON[launch.program].test(code)) return undefined;
  // A handler may be in a file that this one loads.
  if (imports?.test(code)) return undefined;
  const file = codeSpan!.source.path.split('/').at(-1)!;
  return { who: `${launch.program} ${file}`, proof: ` (${file} sets none)` };
}

/** `python app.py`, `node server.js`: a script of which nothing else is known; undefined for anything else. */
export function scriptOf({ launch }: Program): string | undefined {
  if (!launch || (launch.program !== 'python' && launch.program !== 'node')) return undefined;
  const file = launch.args.find((word) => !word.startsWith('-'));
  return file !== undefined && /\.(?:py|js|mjs|cjs|ts)$/.test(file) ? `${launch.program} ${file}` : undefined;
}

/** The reloader of development servers (Werkzeug's, Django's) ends on SIGTERM by itself. */
function reloads({ launch, environment }: Program): boolean {
  const debug = environment.get('FLASK_DEBUG') ?? environment.get('FLASK_ENV');
  return (
    launch!.args.some((word) => word === '--debug' || word === '--reload' || word === '--debugger') ||
    (debug !== undefined && debug.value !== '0' && debug.value !== 'production')
  );
}
