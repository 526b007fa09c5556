// pm2 kills the program 1.6 s after it has asked it to end.
import { goDurationMs } from '../source/durations.ts';
import { defineRule } from '../rule.ts';
import { optionValue } from '../subjects/launch.ts';

/** Below this a request that takes a second and the closing after it do not fit. */
const LEAST_MS = 3_000;

export const rule = defineRule({
  id: 'pm2-kill-timeout',
  severity: 'warning',
  title: 'pm2 kills the program 1.6 s after it has asked it to end',
  why: 'pm2 sends SIGINT to its programs and kills them after kill_timeout, 1,600 ms by default, however long the container has. A longer request is cut and what the program would save is not saved; pm2 itself then exits in good order.',
  source: 'https://pm2.keymetrics.io/docs/usage/signals-clean-restart/',
  bad: { Dockerfile: 'FROM node:24\nRUN npm install -g pm2\nCMD ["pm2-runtime", "start", "server.js"]\n' },
  good: {
    Dockerfile:
      'FROM node:24\nRUN npm install -g pm2\nCMD ["pm2-runtime", "start", "server.js", "--kill-timeout", "8000"]\n',
  },
  check({ programs }, report) {
    for (const { launch, launchSpan, label, environment } of programs) {
      if (!launch || !['pm2-runtime', 'pm2-docker'].includes(launch.program) || environment.has('PM2_KILL_TIMEOUT'))
        continue;
      // A file of settings may hold kill_timeout.
      if (
        launch.args.length === 0 ||
        launch.args.some((word) => /\.(?:config\.c?js|json|ya?ml)$|ecosystem|^\$/.test(word))
      )
        continue;
      const text = optionValue(launch.args, '--kill-timeout');
      const ms = text === undefined ? undefined : /^\d+$/.test(text) ? Number(text) : goDurationMs(text);
      if (text !== undefined && (ms === undefined || ms >= LEAST_MS)) continue;
      report({
        at: launchSpan,
        what: `pm2 of ${label} kills its programs ${text === undefined ? '1.6 s (its default)' : `${ms} ms`} after SIGINT.`,
        todo: 'Add `--kill-timeout 8000`, below what the container is given.',
      });
    }
  },
});
