// The service needs an init and does not have `init: true`.
import { defineRule } from '../rule.ts';
import { insertion } from './edits.ts';
import { reasonOf } from './no-init-reaper.ts';
import { ignoresTerm } from './pid1-ignores-sigterm.ts';

export const rule = defineRule({
  id: 'compose-init',
  severity: 'warning',
  title: 'The service needs an init and does not have `init: true`',
  why: 'Compose can put a small init before the program with one line. It reaps what the program leaves behind, and a program without a handler ends by SIGTERM like anywhere else; as process 1 it would ignore it for 10 s and be killed.',
  source: 'https://docs.docker.com/reference/compose-file/services/#init',
  bad: { 'compose.yaml': 'services:\n  web:\n    image: node:24\n    command: node server.js\n' },
  good: { 'compose.yaml': 'services:\n  web:\n    image: node:24\n    command: node server.js\n    init: true\n' },
  check({ compose }, report) {
    for (const { program, get, tree, span } of compose) {
      const { launch, isFirstProcess, hasInit, facts } = program;
      if (
        !launch ||
        !isFirstProcess ||
        hasInit !== false ||
        program.role === 'job' ||
        launch.init ||
        facts.hasInit ||
        get('init').exists
      )
        continue;
      const reason = reasonOf(program) ?? ignoresTerm(program)?.who;
      if (reason === undefined) continue;
      report({
        at: span,
        what: `${program.label} runs ${reason} as the first process and has no \`init: true\`.`,
        todo: 'Add `init: true`.',
        ...insertion(tree, 'init: true'),
      });
    }
  },
});
