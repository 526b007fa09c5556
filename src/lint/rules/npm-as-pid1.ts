// A package manager stands between the signal and the program.
import { defineRule } from '../rule.ts';

export const rule = defineRule({
  id: 'npm-as-pid1',
  severity: 'error',
  title: 'A package manager stands between the signal and the program',
  why: '`npm start` runs a shell that runs the program; SIGTERM reaches npm or that shell, and the program lives on, keeps its port and accepts requests until it is killed. The exit code is that of npm.',
  source: 'https://github.com/nodejs/docker-node/blob/main/docs/BestPractices.md#cmd',
  bad: { Dockerfile: 'FROM node:24\nCMD ["npm", "start"]\n' },
  good: { Dockerfile: 'FROM node:24\nENTRYPOINT ["tini", "--"]\nCMD ["node", "server.js"]\n' },
  check({ programs }, report) {
    for (const { launch, launchSpan, label, platform, role, program } of programs.map((it) => ({
      ...it,
      program: it,
    }))) {
      // systemd signals every process of the unit; a Job's command is the work itself.
      if (!launch?.manager || platform === 'systemd' || role === 'job' || isOneShot(program.launch!.argv)) continue;
      const command = launch.program === '' ? launch.manager : [launch.program, ...launch.args].join(' ').slice(0, 60);
      report({
        at: launchSpan,
        what: `${label[0]!.toUpperCase()}${label.slice(1)} starts \`${command}\`: ${launch.manager} does not pass SIGTERM on to the program.`,
        todo: 'Start the program itself, such as `node server.js`.',
      });
    }
  },
});

/** Scripts that do something and end. */
function isOneShot(argv: readonly string[]): boolean {
  return (
    /\b(?:test|build|lint|migrate|migration|seed|install|ci|deploy|typecheck)\b/.test(
      argv.join(' ').replace(/\bstart\S*|\bserve\S*/g, ''),
    ) && !/\b(?:start|serve|dev)\b/.test(argv.join(' '))
  );
}
