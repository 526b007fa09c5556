// The graceful time-out of gunicorn does not fit the time it is given.
import { serverName, waitOf, wordsOf } from '../known/servers.ts';
import { seconds, secondsMs } from '../source/durations.ts';
import { defineRule } from '../rule.ts';
import { optionValue } from '../subjects/launch.ts';
import { deployment } from './examples.ts';

export const rule = defineRule({
  id: 'gunicorn-graceful-timeout',
  severity: 'warning',
  title: 'The graceful time-out of gunicorn does not fit the time it is given',
  why: 'gunicorn gives its workers --graceful-timeout (30 s by default) for their requests. If the platform kills earlier, requests are cut and nothing after them runs; if it is shorter than --timeout, requests that are allowed are cut by gunicorn itself, and it exits 0 all the same.',
  source: 'https://docs.gunicorn.org/en/stable/settings.html#graceful-timeout',
  bad: deployment({ container: 'command: [gunicorn, --graceful-timeout, "60", app:app]' }),
  good: deployment({
    pod: 'terminationGracePeriodSeconds: 75',
    container: 'command: [gunicorn, --graceful-timeout, "60", app:app]',
  }),
  check({ programs }, report) {
    for (const program of programs) {
      if (serverName(program) !== 'gunicorn' || program.role === 'job') continue;
      const wait = waitOf(program);
      const graceMs = program.grace?.ms;
      if (
        wait &&
        graceMs !== null &&
        graceMs !== undefined &&
        wait.ms > graceMs - program.preStopMs &&
        (wait.isExplicit || program.platform === 'kubernetes') &&
        (wait.isExplicit || program.preStopMs > 0)
      ) {
        report({
          at: wait.at,
          what: `gunicorn of ${program.label} gives its workers ${seconds(wait.ms)}${wait.isExplicit ? '' : ' (its default)'}, and is killed after ${seconds(Math.max(0, graceMs - program.preStopMs))}.`,
          todo: `Set --graceful-timeout below that, or ${program.grace!.setting} above ${Math.ceil((wait.ms + program.preStopMs) / 1_000) + 5} s.`,
        });
        continue;
      }
      const timeout = secondsMs(optionValue(wordsOf(program, 'gunicorn'), '--timeout', '-t'));
      if (wait?.isExplicit && timeout !== undefined && timeout > wait.ms && timeout > 0) {
        report({
          at: wait.at,
          what: `gunicorn of ${program.label} lets a request take ${seconds(timeout)} (--timeout) and cuts it after ${seconds(wait.ms)} when it ends.`,
          todo: 'Set --graceful-timeout to at least --timeout, and the grace above it.',
        });
      }
    }
  },
});
