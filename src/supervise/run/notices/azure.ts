// Azure: scheduled events of the instance metadata service. A Preempt or Terminate event says when it happens at the
// earliest. https://learn.microsoft.com/azure/virtual-machines/linux/scheduled-events
import { askMetadata } from './metadata.ts';
import type { CloudNotices } from './source.ts';

const NOTICE_MS = 30_000;
const ASK_MS_MAX = 2_000;
const HEADERS = { metadata: 'true' };
const EVENTS = '/metadata/scheduledevents?api-version=2020-07-01';
const INSTANCE_NAME = '/metadata/instance/compute/name?api-version=2021-02-01&format=text';
const ENDING = ['Preempt', 'Terminate'];

interface ScheduledEvent {
  readonly EventType?: string;
  readonly NotBefore?: string;
  readonly Resources?: readonly string[];
}

export const azure: CloudNotices = {
  cloud: 'azure',
  everyMs: 1_000,
  async isHere(base, boundMs) {
    return (await askMetadata(`${base}${INSTANCE_NAME}`, { headers: HEADERS, boundMs })).status === 200;
  },
  async ask(base, wallMs) {
    const { status, body } = await askMetadata(`${base}${EVENTS}`, { headers: HEADERS, boundMs: ASK_MS_MAX });
    if (status !== 200) throw new Error(`the metadata service answered ${status}`);
    const { Events = [] } = JSON.parse(body) as { Events?: readonly ScheduledEvent[] };
    const ending = Events.filter((event) => ENDING.includes(event.EventType ?? ''));
    if (ending.length === 0) return null;
    const ours = await namesUs(base, ending);
    if (ours === null) return null;
    // An empty time means that it has begun.
    const atMs = Date.parse(ours.NotBefore ?? '');
    return { provider: 'azure', deadlineMs: Number.isNaN(atMs) ? NOTICE_MS : Math.max(0, atMs - wallMs()) };
  },
};

/** Events of a whole scale set are told to each of its machines. */
async function namesUs(base: string, events: readonly ScheduledEvent[]): Promise<ScheduledEvent | null> {
  const { status, body } = await askMetadata(`${base}${INSTANCE_NAME}`, { headers: HEADERS, boundMs: ASK_MS_MAX });
  if (status !== 200) return events[0] ?? null;
  return events.find(({ Resources }) => !Resources || Resources.includes(body.trim())) ?? null;
}
