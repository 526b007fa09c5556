// `lastcall reconcile LOG…`: work that began and never ended.
import { defineCommand } from '../command.ts';
import { UNIT_SETTINGS } from '../unit-options.ts';

const tasks = (describe: string) => ({ kind: { type: 'text', placeholder: 'TASK[,…]' }, describe }) as const;

export const command = defineCommand({
  name: 'reconcile',
  summary: 'Find work that began and never ended; release it, resubmit it',
  details: [
    'Reads task logs (JSON Lines: time, task_id, status, and what else is known), from files, patterns and directories, plain or gzip and rotated; from standard input (-); or from a log store: elasticsearch+http://HOST:9200/INDEX, opensearch+http://…, loki+http://HOST:3100 with --query. It goes on where the last run of the same --name stopped.',
    'Unfinished is what started, has no end, and whose owner is proven gone, or of which there was no sign for --stale-after. What nobody can prove is listed and left alone. --rules FILE says whom to ask, what releases, and what resubmits; without it nothing is done, only found.',
    'Exit code 0 if there was nothing to do or all of it was done, 1 if something failed, 10 if --dry-run found work.',
  ],
  arguments: [
    {
      name: 'logs',
      describe: 'Where the task logs are',
      kind: { type: 'text', placeholder: 'LOG' },
      presence: 'many',
    },
  ],
  options: {
    dryRun: { kind: { type: 'flag' }, describe: 'Ask and list, and change nothing' },
    follow: { kind: { type: 'flag' }, describe: 'Go on with what is written later, until it is stopped' },
    rules: {
      kind: { type: 'path', placeholder: 'FILE' },
      describe: 'Whom to ask, what releases, what resubmits (docs/reconcile.md)',
    },
    staleAfter: {
      kind: { type: 'duration' },
      describe: 'Your word that a task without a line for so long has no owner any more',
      fallback: 'silence proves nothing',
    },
    name: {
      kind: { type: 'text', placeholder: 'NAME' },
      describe: 'Name of what is remembered from run to run',
      fallback: 'default',
    },
    map: {
      kind: { type: 'text', placeholder: 'FIELD=PATH[,…]' },
      describe: 'Where your log has the fields: task_id=request.id,time=ts',
    },
    words: {
      kind: { type: 'text', placeholder: 'STATUS=WORD[,…]' },
      describe: 'What your log calls the states: started=begin,completed=done|ok',
    },
    query: { kind: { type: 'text', placeholder: 'LOGQL' }, describe: 'Loki: the selector' },
    since: { kind: { type: 'duration' }, describe: 'Loki: how far back the first run reads', fallback: '24h' },
    timeField: {
      kind: { type: 'text', placeholder: 'FIELD' },
      describe: 'Elasticsearch: the field to sort by',
      fallback: '@timestamp',
    },
    gone: tasks('Your word that the owners of these tasks are gone'),
    ended: tasks('Your word that these tasks ended'),
    retry: tasks('Try these again, whose recovery failed for good'),
  },
  settings: UNIT_SETTINGS,
  examples: [
    { line: 'lastcall reconcile logs/ --dry-run', does: 'What began and never ended?' },
    {
      line: 'lastcall reconcile logs/ --rules recovery.yaml --follow',
      does: 'Release it and resubmit it, from now on',
    },
    {
      line: 'lastcall reconcile loki+http://127.0.0.1:3100 --query \'{app="trainer"}\' --stale-after 6h --dry-run',
      does: 'From Loki; six hours of silence count',
    },
  ],
  async run({ arguments: { logs }, options, settings, output }) {
    const { reconcile } = await import('../reconcile/reconcile.ts');
    return reconcile(logs, options, settings, output);
  },
});
