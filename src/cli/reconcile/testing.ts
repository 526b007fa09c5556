// What the tests of `lastcall reconcile` share: lines, a receiver of releases and resubmissions, and rules that name it.
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** One line of a task log. */
export function line(taskId: string, status: string, rest: Record<string, unknown> = {}): string {
  return `${JSON.stringify({ time: '2026-11-27T10:00:00Z', task_id: taskId, status, ...rest })}\n`;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly key: string;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly calls: Call[];
}

/** @param answer the status for a call; a promise that never settles leaves it open */
export async function receiver(
  test: TestContext,
  answer: (call: Call) => number | Promise<number> = () => 200,
): Promise<Receiver> {
  const calls: Call[] = [];
  const server = await listening(test, (request, response) => {
    void read(request).then(async (body) => {
      const { method = '', url: path = '', headers } = request;
      const call = { method, path, key: String(headers['idempotency-key']), body };
      calls.push(call);
      response.writeHead(await answer(call)).end();
    });
  });
  return { url: server, calls };
}

/** A server on a free port of loopback until the test is over. @returns its address */
export async function listening(
  test: TestContext,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server: Server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function read(request: IncomingMessage): Promise<string> {
  request.setEncoding('utf8');
  let body = '';
  for await (const piece of request) body += piece as string;
  return body;
}

/** Rules that release and resubmit by `url`, without waiting for anything. @returns the file's path */
export function rulesFile(directory: string, url: string, more = ''): string {
  const path = join(directory, 'rules.yaml');
  writeFileSync(
    path,
    `release:
  - http: { method: DELETE, url: "${url}/locks/{task_id}" }
resubmit:
  by: { http: { url: "${url}/tasks/{task_id}/attempts/{next_attempt}" } }
settle: 0s
skew: 0s
backoff: 1ms
${more}`,
    { mode: 0o600 },
  );
  return path;
}
