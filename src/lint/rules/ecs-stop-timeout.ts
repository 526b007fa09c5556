// stopTimeout does not fit what the container needs.
import { sumOf } from '../known/sum.ts';
import { seconds } from '../source/durations.ts';
import { defineRule } from '../rule.ts';

const FARGATE_MAX_MS = 120_000;

const task = (stopTimeout: string, words: string) => ({
  'task-definition.json': `{
  "family": "web",
  "requiresCompatibilities": ["FARGATE"],
  "containerDefinitions": [
    {
      "name": "web",
      "image": "registry.example/web:1",
      "entryPoint": ["gunicorn"],
      "command": [${words}, "app:app"],${stopTimeout}
      "essential": true
    }
  ]
}
`,
});

export const rule = defineRule({
  id: 'ecs-stop-timeout',
  severity: 'warning',
  title: 'stopTimeout does not fit what the container needs',
  why: 'ECS sends SIGTERM, waits stopTimeout (30 s by default) and kills. Fargate allows at most 120 s. A server that waits longer for its requests is killed in the middle of them.',
  source:
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html#container_definition_timeout',
  bad: task('', '"--graceful-timeout", "60"'),
  good: task('\n      "stopTimeout": 75,', '"--graceful-timeout", "60"'),
  check({ ecs }, report) {
    for (const { program, isFargate } of ecs) {
      const { grace } = program;
      if (!grace || grace.ms === null) continue;
      if (isFargate && grace.ms > FARGATE_MAX_MS) {
        report({
          at: grace.span!,
          what: `stopTimeout of ${program.label} is ${seconds(grace.ms)}; Fargate refuses more than 120 s.`,
          todo: 'Set stopTimeout to at most 120.',
          edits: [{ span: grace.span!, text: '120' }],
        });
        continue;
      }
      const sum = sumOf(program);
      if (!sum || sum.neededMs <= sum.graceMs) continue;
      report({
        at: grace.span ?? program.span,
        what: `${program.label} needs ${sum.text}, and stopTimeout is ${seconds(sum.graceMs)}${grace.span ? '' : ' (the default)'}.`,
        todo: `Set stopTimeout to at least ${Math.min(120, Math.ceil(sum.neededMs / 1_000))}${sum.neededMs > FARGATE_MAX_MS ? ', the most there is, and let the program wait less' : ''}.`,
      });
    }
  },
});
