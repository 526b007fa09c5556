// Shows jobs.
import { systemClock } from '../../base/clock.ts';
import type { JobView } from '../../scheduler/index.ts';
import type { ApiClient } from '../../server/index.ts';
import type { Report } from '../../lifecycle/index.ts';
import type { Settings } from '../command.ts';
import type { Output } from '../output.ts';
import { renderReport } from '../report/render.ts';
import { clientOf } from './client.ts';
import { jobsTable, jobText } from './render.ts';

export interface JobsWords {
  readonly state: string | undefined;
  readonly owner: string | undefined;
  readonly label: string | undefined;
  readonly limit: number | undefined;
  readonly watch: boolean;
}

const CLEAR = '\u001b[H\u001b[2J';

export async function jobs(words: JobsWords, settings: Settings, output: Output): Promise<number> {
  const client = clientOf(settings);
  const { watch, ...query } = words;
  if (!watch) {
    const { jobs: found } = await client.jobs({ ...query });
    show(found, output);
    return 0;
  }
  return watchJobs(client, { ...query }, output);
}

async function watchJobs(
  client: ApiClient,
  query: Record<string, string | number | undefined>,
  output: Output,
): Promise<number> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const look = async (): Promise<void> => {
    const { jobs: found } = await client.jobs(query);
    if (output.interactive && output.format === 'people') process.stdout.write(CLEAR);
    show(found, output);
  };
  await look();
  const { events } = { events: client.followEvents({ after: Number.MAX_SAFE_INTEGER }, null, stop.signal) };
  try {
    for await (const _event of events) await look();
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  return 0;
}

function show(found: readonly JobView[], output: Output): void {
  if (output.format === 'json') for (const each of found) output.result(each, () => '');
  else output.result(null, () => jobsTable(found, systemClock.wallMs()));
}

export async function job(
  id: string,
  { report }: { readonly report: boolean },
  settings: Settings,
  output: Output,
): Promise<number> {
  const client = clientOf(settings);
  if (report) {
    const found = (await client.report(id)) as Report;
    output.result(found, () => renderReport(found, output));
    return 0;
  }
  const found = await client.job(id);
  output.result(found, () => jobText(found));
  return 0;
}
