// What a control plane without nodes lacks, played for a test: a node, a kubelet that runs pods as local processes and ends
// them as kubelets do, and a proxy that sends to whatever the EndpointSlices call ready.
import { type ChildProcess, spawn } from 'node:child_process';
import { request } from 'node:https';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { EndpointSlice, Pod } from '../objects.ts';

interface PlayedPod extends Pod {
  readonly metadata: Pod['metadata'] & { readonly deletionGracePeriodSeconds?: number };
  readonly spec?: { readonly nodeName?: string };
}

interface Running {
  readonly process: ChildProcess;
  readonly port: number;
  readonly ip: string;
  isEnding: boolean;
  hasEnded: number | null;
}

const LOOK_MS = 50;
const NODE = 'played';

export class PlayedCluster {
  readonly #address: string;
  readonly #token: string;
  readonly #wordsOf: (port: number) => readonly string[];
  readonly #running = new Map<string, Running>();
  readonly #proxy: Server;
  readonly #clients = new Set<Socket>();
  #ready: readonly number[] = [];
  #next = 0;
  #isOver = false;
  #loop: Promise<void> = Promise.resolve();

  /** @param wordsOf the command that a pod runs */
  constructor(address: string, token: string, wordsOf: (port: number) => readonly string[]) {
    this.#address = address;
    this.#token = token;
    this.#wordsOf = wordsOf;
    this.#proxy = createServer((client) => {
      this.#clients.add(client);
      client.on('error', () => {}); // clients cut as they like
      const port = this.#ready[this.#next++ % Math.max(1, this.#ready.length)];
      if (port === undefined) return void client.destroy();
      const pod = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      pod.on('error', () => client.destroy());
      client.pipe(pod).pipe(client);
      client.on('close', () => {
        pod.destroy();
        this.#clients.delete(client);
      });
    });
  }

  /** Port of the proxy: what a Service's address is in a cluster. */
  get port(): number {
    return (this.#proxy.address() as { port: number }).port;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#proxy.listen(0, '127.0.0.1', resolve));
    const capacity = { cpu: '8', memory: '16Gi', pods: '50' };
    await this.call('POST', '/api/v1/nodes', { metadata: { name: NODE, labels: { 'kubernetes.io/hostname': NODE } } });
    const status = {
      capacity,
      allocatable: capacity,
      conditions: [{ type: 'Ready', status: 'True', reason: 'Played', message: '' }],
    };
    await this.call('PATCH', `/api/v1/nodes/${NODE}/status`, { status });
    // What goes wrong while nobody wants anything of it any more is the control plane's end.
    this.#loop = this.#play().catch((error: unknown) => {
      if (!this.#isOver) throw error;
    });
    this.#loop.catch(() => {}); // heard of by stop()
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#loop.catch(() => {}); // the test has failed already, or the control plane was gone first
    for (const { process } of this.#running.values()) process.kill('SIGKILL');
    for (const client of this.#clients) client.destroy();
    await new Promise((resolve) => this.#proxy.close(resolve));
  }

  /** Asks the API server. @throws Error for an answer that is not 2xx, but 404 and 409 */
  call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const bytes = body === undefined ? '' : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${this.#token}`,
      'content-type': type,
      'content-length': Buffer.byteLength(bytes),
    };
    return new Promise((resolve, reject) => {
      const asked = request(
        `https://${this.#address}${path}`,
        { method, headers, rejectUnauthorized: false },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
          answer.on('end', () => {
            const isFine = answer.statusCode! < 300 || answer.statusCode === 404 || answer.statusCode === 409;
            if (isFine) resolve(JSON.parse(text) as Record<string, unknown>);
            else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
          });
        },
      );
      asked.on('error', reject);
      asked.end(bytes);
    });
  }

  async #play(): Promise<void> {
    while (!this.#isOver) {
      const { items } = (await this.call('GET', '/api/v1/namespaces/default/pods')) as { items: PlayedPod[] };
      for (const pod of items) if (pod.spec?.nodeName === NODE) await this.#playPod(pod);
      const slices = (await this.call('GET', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices')) as {
        items: EndpointSlice[];
      };
      const ready = slices.items
        .flatMap((slice) => slice.endpoints ?? [])
        .filter((it) => it.conditions?.ready !== false);
      this.#ready = ready.flatMap((it) => this.#running.get(it.targetRef?.uid ?? '')?.port ?? []);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async #playPod(pod: PlayedPod): Promise<void> {
    const { uid, name } = pod.metadata;
    const path = `/api/v1/namespaces/default/pods/${name}`;
    const running = this.#running.get(uid);
    if (!running) {
      if (pod.metadata.deletionTimestamp === undefined) await this.#run(uid);
      else await this.call('DELETE', path, { gracePeriodSeconds: 0 });
    } else if (running.hasEnded !== null) {
      const terminated = {
        exitCode: running.hasEnded,
        finishedAt: new Date().toISOString(),
        startedAt: new Date().toISOString(),
      };
      const containerStatuses = [
        { name: 'app', image: 'x', imageID: 'x', ready: false, restartCount: 0, state: { terminated } },
      ];
      await this.call('PATCH', `${path}/status`, { status: { containerStatuses } });
      await new Promise((resolve) => setTimeout(resolve, 2 * LOOK_MS));
      await this.call('DELETE', path, { gracePeriodSeconds: 0 });
      this.#running.delete(uid);
    } else if (pod.metadata.deletionTimestamp !== undefined && !running.isEnding) {
      running.isEnding = true;
      running.process.kill('SIGTERM');
    } else if (pod.metadata.deletionTimestamp === undefined) {
      const isReady = await fetch(`http://127.0.0.1:${running.port}/readyz`).then(
        (it) => it.ok,
        () => false,
      );
      await this.#report(path, running, isReady);
    }
  }

  async #run(uid: string): Promise<void> {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as { port: number };
    await new Promise((resolve) => probe.close(resolve));
    const [program, ...args] = this.#wordsOf(port);
    const process = spawn(program!, args, { stdio: 'ignore' });
    const running: Running = {
      process,
      port,
      ip: `10.1.0.${this.#running.size + 10}`,
      isEnding: false,
      hasEnded: null,
    };
    process.once('exit', (code, signal) => (running.hasEnded = code ?? (signal === null ? 1 : 143)));
    this.#running.set(uid, running);
  }

  async #report(path: string, { ip }: Running, isReady: boolean): Promise<void> {
    const status = isReady ? 'True' : 'False';
    const types = ['Initialized', 'PodScheduled', 'ContainersReady', 'Ready'];
    const conditions = types.map((type) => ({ type, status: type.endsWith('Ready') ? status : 'True' }));
    const containerStatuses = [
      { name: 'app', image: 'x', imageID: 'x', ready: isReady, restartCount: 0, state: { running: {} } },
    ];
    await this.call('PATCH', `${path}/status`, {
      status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions, containerStatuses },
    });
  }
}
