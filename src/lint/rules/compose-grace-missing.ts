// The service needs more than the 10 s that docker gives it by default.
import { sumOf } from '../known/sum.ts';
import { defineRule } from '../rule.ts';
import { insertion } from './edits.ts';
import type { ComposeService } from '../subjects/tasks.ts';

/** Workers that finish a task of unknown length before they end. */
const WORKERS = new Set(['celery', 'sidekiq', 'rq', 'rqworker', 'dramatiq', 'huey', 'run_huey', 'qcluster', 'resque']);

export const rule = defineRule({
  id: 'compose-grace-missing',
  severity: 'warning',
  title: 'The service needs more than the 10 s that docker gives it by default',
  why: 'Without stop_grace_period docker waits 10 s and kills. A database that flushes its buffers, a broker that hands over, a worker in a task, a model server with a request on the GPU needs longer, and recovers or repeats work at the next start instead.',
  source: 'https://docs.docker.com/reference/compose-file/services/#stop_grace_period',
  bad: {
    'compose.yaml':
      'services:\n  db:\n    image: postgres:17\n    volumes: [db:/var/lib/postgresql/data]\nvolumes: { db: {} }\n',
  },
  good: {
    'compose.yaml':
      'services:\n  db:\n    image: postgres:17\n    stop_grace_period: 60s\n    volumes: [db:/var/lib/postgresql/data]\nvolumes: { db: {} }\n',
  },
  check({ compose }, report) {
    for (const service of compose) {
      const { program, get, span, tree } = service;
      if (get('stop_grace_period').exists || program.grace?.ms === null || program.role === 'job') continue;
      const reason = reasonOf(service);
      if (reason === undefined) continue;
      report({
        at: span,
        what: `${program.label} ${reason}, and has no stop_grace_period: docker kills it after 10 s.`,
        todo: 'Set stop_grace_period, for example to 60s.',
        ...insertion(tree, 'stop_grace_period: 60s'),
      });
    }
  },
});

function reasonOf({ program, get }: ComposeService): string | undefined {
  const sum = sumOf(program);
  if (sum && sum.neededMs > sum.graceMs) return `needs ${sum.text} to end`;
  const { family } = program.facts;
  if (family === 'database' && keepsNothing(program)) return undefined;
  if (family === 'database' || family === 'broker')
    return `is a ${family === 'database' ? 'store' : 'broker'} that writes its state when it ends`;
  if (family === 'model-server') return 'is a model server whose requests take their time';
  const { launch } = program;
  const isWorker =
    launch !== undefined &&
    (WORKERS.has(launch.program) || (launch.program === 'python' && launch.args.some((word) => WORKERS.has(word))));
  if (
    isWorker &&
    launch.args.some((word) => word === 'worker' || launch.program !== 'celery') &&
    !launch.args.includes('beat')
  )
    return 'is a worker that finishes its task first';
  const gpus = get('deploy', 'resources', 'reservations', 'devices')
    .items()
    .some((device) =>
      /gpu/.test(
        device
          .get('capabilities')
          .each()
          .map((it) => it.raw ?? '')
          .join(' '),
      ),
    );
  if (gpus || get('gpus').exists) return 'works on a GPU, and its requests or steps take their time';
  return undefined;
}

/** A cache: redis that is told to write nothing. */
function keepsNothing({ launch }: ComposeService['program']): boolean {
  const words = launch?.args ?? [];
  const save = words.indexOf('--save');
  return (
    save !== -1 && (words[save + 1] === '' || words[save + 1] === '""') && !/--appendonly yes/.test(words.join(' '))
  );
}
