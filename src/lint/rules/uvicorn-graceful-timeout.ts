// uvicorn waits for open connections without a limit.
import { serverName, waitOf } from '../known/servers.ts';
import { seconds } from '../source/durations.ts';
import { defineRule } from '../rule.ts';

export const rule = defineRule({
  id: 'uvicorn-graceful-timeout',
  severity: 'warning',
  title: 'uvicorn waits for open connections without a limit',
  why: 'Without --timeout-graceful-shutdown uvicorn waits for ever for streams, long polls and WebSockets that are open. It is killed when the grace is over, and its lifespan shutdown, where models are saved and pools are closed, never runs.',
  source: 'https://www.uvicorn.org/settings/#timeouts',
  bad: { Dockerfile: 'FROM python:3.13\nCMD ["uvicorn", "app:app", "--host", "0.0.0.0"]\n' },
  good: {
    Dockerfile:
      'FROM python:3.13\nCMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--timeout-graceful-shutdown", "20"]\n',
  },
  check({ programs }, report) {
    for (const program of programs) {
      const { launch, role, label, grace, preStopMs, environment } = program;
      const isFastapi = launch?.program === 'fastapi' && launch.args[0] === 'run';
      if (
        !launch ||
        (serverName(program) !== 'uvicorn' && !isFastapi) ||
        role === 'job' ||
        launch.args.includes('--reload')
      )
        continue;
      const wait = waitOf(program);
      if (!wait) {
        // Filled in by something that is not seen here.
        if (
          environment.has('UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN') ||
          launch.args.some((word) => /\$[@*]|\$\{?\w*(?:ARGS|OPTS|OPTIONS|FLAGS|PARAMS|EXTRA|CMD)/i.test(word))
        )
          continue;
        if (launch.args.some((word) => word.startsWith('--timeout-graceful-shutdown'))) continue;
        report({
          at: program.launchSpan,
          what: isFastapi
            ? `\`fastapi run\` of ${label} starts uvicorn without a graceful time-out, and has no option for one: it waits for open connections until it is killed.`
            : `uvicorn of ${label} has no --timeout-graceful-shutdown: it waits for open connections until it is killed.`,
          todo: isFastapi
            ? 'Start `uvicorn` itself, with `--timeout-graceful-shutdown 20`.'
            : 'Add `--timeout-graceful-shutdown 20`, some seconds below what the platform gives.',
        });
      } else if (grace?.ms !== null && grace?.ms !== undefined && wait.ms >= grace.ms - preStopMs) {
        report({
          at: wait.at,
          what: `uvicorn of ${label} waits ${seconds(wait.ms)} for open connections, and is killed after ${seconds(Math.max(0, grace.ms - preStopMs))}.`,
          todo: `Set --timeout-graceful-shutdown some seconds below that, or raise ${grace.setting}.`,
        });
      }
    }
  },
});
