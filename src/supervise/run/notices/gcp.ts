// Compute Engine: the metadata server's `preempted` turns TRUE 30 s before the machine is taken.
// https://cloud.google.com/compute/docs/instances/preemptible#preemption_process
import { askMetadata } from './metadata.ts';
import type { CloudNotices } from './source.ts';

const NOTICE_MS = 30_000;
const ASK_MS_MAX = 2_000;
const HEADERS = { 'metadata-flavor': 'Google' };

export const gcp: CloudNotices = {
  cloud: 'gcp',
  everyMs: 1_000,
  async isHere(base, boundMs) {
    return (await askMetadata(`${base}/computeMetadata/v1/`, { headers: HEADERS, boundMs })).status === 200;
  },
  async ask(base) {
    const url = `${base}/computeMetadata/v1/instance/preempted`;
    const { status, body } = await askMetadata(url, { headers: HEADERS, boundMs: ASK_MS_MAX });
    if (status !== 200) throw new Error(`the metadata server answered ${status}`);
    return body.trim() === 'TRUE' ? { provider: 'gcp', deadlineMs: NOTICE_MS } : null;
  },
};
