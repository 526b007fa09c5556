// EC2: spot interruption notices by the instance metadata service, version 2 (a token first).
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
import type { CloudNotices } from './source.ts';
import { askMetadata } from './metadata.ts';

const TOKEN_SECONDS = 300;
const ASK_MS_MAX = 2_000;
/** What is left when the notice does not say. */
const NOTICE_MS = 120_000;

export const aws: CloudNotices = {
  cloud: 'aws',
  everyMs: 5_000,
  async isHere(base, boundMs) {
    return (await tokenOf(base, boundMs)) !== null;
  },
  async ask(base, wallMs) {
    const token = await tokenOf(base, ASK_MS_MAX);
    if (token === null) throw new Error('the metadata service gives no token');
    const headers = { 'x-aws-ec2-metadata-token': token };
    const url = `${base}/latest/meta-data/spot/instance-action`;
    const { status, body } = await askMetadata(url, { headers, boundMs: ASK_MS_MAX });
    if (status === 404) return null;
    if (status !== 200) throw new Error(`the metadata service answered ${status}`);
    return { provider: 'aws', deadlineMs: leftOf(body, wallMs()) };
  },
};

async function tokenOf(base: string, boundMs: number): Promise<string | null> {
  const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) };
  const { status, body } = await askMetadata(`${base}/latest/api/token`, { method: 'PUT', headers, boundMs });
  return status === 200 && body !== '' ? body : null;
}

/** `{"action": "terminate", "time": "2026-09-18T08:22:00Z"}`. */
function leftOf(body: string, wallMs: number): number {
  const { time } = JSON.parse(body) as { time?: string };
  const atMs = Date.parse(time ?? '');
  return Number.isNaN(atMs) ? NOTICE_MS : Math.min(NOTICE_MS, Math.max(0, atMs - wallMs));
}
