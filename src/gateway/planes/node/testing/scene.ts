// A plane in front of a server of the test, within a unit that does not own the process. What the director was told is
// kept, so that tests can look at both sides of an exchange.
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

import { testUnit } from '../../../../lifecycle/http/testing/serve.ts';
import type { Unit, UnitOptions } from '../../../../lifecycle/types.ts';
import type {
  AttemptEnd,
  Decision,
  Director,
  FailedAttempt,
  Forward,
  PlaneRequest,
  UpstreamAddress,
} from '../../ports.ts';
import { NodePlane, type NodePlaneOptions } from '../plane.ts';
import type { NodeUpstream } from '../upstream.ts';

export interface SceneOptions {
  readonly plane?: Partial<NodePlaneOptions>;
  readonly unit?: UnitOptions;
  readonly address?: Partial<UpstreamAddress>;
  readonly forward?: Partial<Forward>;
  /** Instead of forwarding to the one upstream. */
  readonly direct?: (request: PlaneRequest, failed: FailedAttempt | null, scene: Scene) => Decision;
}

export const NO_LIMITS = { firstByteMsMax: 30_000, idleMsMax: 0, bodyBytesMax: 0 } as const;

export class Scene implements Director {
  readonly plane: NodePlane;
  readonly unit: Unit;
  readonly requests: PlaneRequest[] = [];
  readonly calls: string[] = [];
  readonly ends: AttemptEnd[] = [];
  upstream!: NodeUpstream;
  readonly #options: SceneOptions;

  constructor(t: TestContext, options: SceneOptions) {
    this.#options = options;
    this.unit = testUnit(t, options.unit);
    this.plane = new NodePlane({ director: this, ...options.plane });
  }

  get port(): number {
    return this.plane.ports[0]!;
  }

  direct(request: PlaneRequest, failed: FailedAttempt | null): Decision {
    this.requests.push(request);
    const own = this.#options.direct?.(request, failed, this);
    return own ?? this.forward(this.upstream);
  }

  forward(upstream: NodeUpstream): Forward {
    return {
      action: 'forward',
      upstream,
      watcher: {
        sent: () => this.calls.push('sent'),
        answered: (status, stream) => this.calls.push(`answered ${status}${stream ? ' stream' : ''}`),
        ended: (end) => {
          this.calls.push(`ended ${end.outcome}`);
          this.ends.push(end);
        },
      },
      target: null,
      requestHeaders: null,
      responseHeaders: null,
      limits: NO_LIMITS,
      mirror: null,
      ...this.#options.forward,
    };
  }

  add(id: string, port: number): NodeUpstream {
    return this.plane.upstream(id, addressOf(port, this.#options.address));
  }
}

/** A plane that forwards to `port` of this machine. */
export async function planeTo(t: TestContext, port: number, options: SceneOptions = {}): Promise<Scene> {
  const scene = new Scene(t, options);
  scene.upstream = scene.add('one', port);
  await scene.plane.listen(scene.unit, { host: '127.0.0.1', port: 0 });
  await scene.unit.ready();
  return scene;
}

/** A plane in front of a server with `listener`. */
export async function planeBefore(
  t: TestContext,
  listener: RequestListener,
  options: SceneOptions = {},
): Promise<Scene> {
  return planeTo(t, portOf(await listening(t, createServer(listener))), options);
}

/** `server`, listening on loopback until the test is over. */
export async function listening<Listener extends Pick<Server, 'listen' | 'close' | 'once' | 'address'>>(
  t: TestContext,
  server: Listener,
): Promise<Listener> {
  server.listen(0, '127.0.0.1');
  await once(server as unknown as Server, 'listening');
  t.after(() => {
    server.close();
    (server as unknown as Partial<Server>).closeAllConnections?.();
  });
  return server;
}

export function portOf(server: Pick<Server, 'address'>): number {
  return (server.address() as AddressInfo).port;
}

export function addressOf(port: number, given: Partial<UpstreamAddress> = {}): UpstreamAddress {
  return {
    url: `http://127.0.0.1:${port}`,
    http2: false,
    ca: null,
    serverName: null,
    connectionsMax: 1_024,
    connectMsMax: 10_000,
    ...given,
  };
}
