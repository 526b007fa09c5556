// A shell starts the program without exec and keeps the signal for itself.
import { defineRule } from '../rule.ts';
import type { ShellStart } from '../subjects/launch.ts';
import type { Program } from '../subjects/program.ts';
import type { SimpleCommand } from '../read/shell.ts';
import { BRIEF, shellHabit } from '../known/shells.ts';

const ENDLESS_SHELL = new Set(['sleep', 'tail']);

export const rule = defineRule({
  id: 'entrypoint-no-exec',
  severity: 'error',
  title: 'A shell starts the program without exec and keeps the signal for itself',
  why: 'A shell that waits for a program passes no signal on to it. SIGTERM reaches the shell, which ignores it as the first process of the container; the program is killed when the grace is over. `exec` makes the shell become the program.',
  source: 'https://docs.docker.com/reference/dockerfile/#exec-form-entrypoint-example',
  bad: { Dockerfile: 'FROM python:3.13\nENTRYPOINT ["sh", "-c", "python migrate.py && gunicorn app:app"]\n' },
  good: { Dockerfile: 'FROM python:3.13\nENTRYPOINT ["sh", "-c", "python migrate.py && exec gunicorn app:app"]\n' },
  check({ programs }, report) {
    for (const program of programs) {
      const { launch, launchSpan, platform } = program;
      const shell = launch?.shell;
      // The shell form has a rule of its own. A Job's script is the work itself.
      if (!launch || !shell?.last || launch.form === 'shell-form' || program.role === 'job') continue;
      if (shell.execs || shell.traps || !keeps(shell)) continue;
      // systemd signals every process of the unit, unless it is told not to.
      if (platform === 'systemd') continue;
      const name = shell.last.words[0]!.slice(0, 60);
      const depends =
        shell.path === undefined && shellHabit(shell.name, program.base) === 'depends' && !shell.last.redirects;
      // A single plain command is what bash has always become; which shell `sh` is, the next base image decides.
      if (depends && shell.script.commands.length === 1 && shell.name !== 'sh') continue;
      const where = shell.path === undefined ? 'the shell' : shell.path;
      report({
        at: launchSpan,
        what: `In ${program.label} ${where} runs \`${name}\` last and without exec: ${depends ? 'whether it gets SIGTERM depends on the kind and version of the shell' : 'SIGTERM ends at the shell'}.`,
        todo: `Write \`exec ${name} …\`${shell.last.then === '|' ? ' and let it write without a pipe' : ''}.`,
        ...inline(program, shell.last),
      });
    }
  },
});

/** The last command goes on running, and is a program of its own. */
function keeps({ last, background, script }: ShellStart): boolean {
  const { words, then, depth } = last!;
  const name = words[0]!;
  if (depth > 0 || then === '&') return false;
  // It says itself that the work is over then.
  if (script.commands.at(-1)!.words.join(' ') === 'exit 0') return false;
  if (BRIEF.has(name) || /^[A-Za-z_]\w*\+?=/.test(name) || ENDLESS_SHELL.has(name)) return false;
  // A function of the script, or words that come from outside, may exec themselves.
  if (/^["']?\$/.test(name) || words.join(' ').startsWith('$') || script.commands.length > 400) return false;
  return (
    !background && !/^(?:\/(?:usr\/)?bin\/)?(?:ba|z|a)?sh$/.test(name) && name !== 'supervisord' && !isSetUp(words)
  );
}

/** Commands that prepare something and end: migrations, installations, builds. */
function isSetUp(words: readonly string[]): boolean {
  const text = words.join(' ');
  return /\b(?:install|migrate|upgrade|build|compile|collectstatic|createsuperuser|init|seed|test|check|lint|import|dump|backup|restore|apply|create|wait-for|pull|push|clone|login)\b/.test(
    text,
  );
}

/** An inline text can be mended where it stands, if the words are there as they are. */
function inline({ launchSpan, launch }: Program, last: SimpleCommand) {
  if (launch!.shell!.path !== undefined || last.then === '|') return {};
  const { source, start, end } = launchSpan;
  const text = source.text.slice(start, end);
  const wanted = last.words.slice(0, 2).join(' ');
  const at = text.lastIndexOf(wanted);
  const isOnce = at !== -1 && text.indexOf(wanted) === at;
  const before = text.slice(0, at).trimEnd().at(-1);
  if (!isOnce || before === undefined || !['"', "'", '&', ';', '|', '>', '-'].includes(before)) return {};
  return { edits: [{ span: source.span(start + at, start + at), text: 'exec ' }] };
}
