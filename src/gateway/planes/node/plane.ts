// The plane of Node: servers in front, instances behind, and the director who says which request goes where. Servers end
// with the unit that they belong to, by the same rules as any HTTP server (lifecycle/http); what the plane adds is how an
// exchange that is open at the end is ended.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import { systemClock } from '../../../base/clock.ts';
import { joinFront } from '../../../lifecycle/http/drain.ts';
import type { FrontRules } from '../../../lifecycle/http/rules.ts';
import type { Unit } from '../../../lifecycle/types.ts';
import type { Director, UpstreamAddress } from '../ports.ts';
import { ClientSide } from './client-side.ts';
import type { PlaneContext } from './context.ts';
import { HttpExchange } from './exchange.ts';
import { httpServer, listen, type ListenAddress, portOf } from './listen.ts';
import { type PlaneOptions, resolvePlaneOptions } from './options.ts';
import { UpgradeExchange } from './upgrade.ts';
import { NodeUpstream } from './upstream.ts';

export interface NodePlaneOptions extends PlaneOptions {
  readonly director: Director;
  /** What the servers answer by themselves. Default: nothing, and 503 to what comes after intake. */
  readonly rules?: FrontRules;
  /** Name of its hooks. Default `gateway`. */
  readonly name?: string;
  /** Names of drain hooks that wait until nothing is in flight here. */
  readonly drainsBefore?: readonly string[];
}

const NO_RULES: FrontRules = { answer: () => null, refuse: () => 'answer' };

export class NodePlane {
  readonly #context: PlaneContext;
  readonly #rules: FrontRules;
  readonly #name: string;
  readonly #drainsBefore: readonly string[];
  readonly #upstreams = new Set<NodeUpstream>();
  readonly #servers: Server[] = [];

  /** @throws LastcallError `usage` for an option that is not known or cannot be used */
  constructor({ director, rules = NO_RULES, name = 'gateway', drainsBefore = [], ...options }: NodePlaneOptions) {
    const settings = resolvePlaneOptions(options);
    this.#context = { director, settings, nowMs: () => systemClock.monotonicMs() };
    this.#rules = rules;
    this.#name = name;
    this.#drainsBefore = drainsBefore;
  }

  /** An instance that can be forwarded to. @throws LastcallError `usage` for what is no address */
  upstream(id: string, address: UpstreamAddress): NodeUpstream {
    const upstream = new NodeUpstream(id, address, () => this.#upstreams.delete(upstream));
    this.#upstreams.add(upstream);
    return upstream;
  }

  /** Ports of its servers, in the order of `listen`; 0 for a socket in the file system. */
  get ports(): readonly number[] {
    return this.#servers.map(portOf);
  }

  /**
   * Listens, as a part of `unit`.
   * @throws LastcallError `io` if it cannot listen there
   */
  async listen(unit: Unit, address: ListenAddress): Promise<void> {
    const server = httpServer(this.#context.settings);
    this.#serve(server);
    const number = this.#servers.push(server);
    const name = number === 1 ? this.#name : `${this.#name} ${number}`;
    joinFront(unit, server, { name, rules: this.#rules, drainsBefore: this.#drainsBefore });
    if (number === 1) this.#join(unit);
    await listen(server, address);
  }

  #serve(server: Server): void {
    const context = this.#context;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      new HttpExchange(context, new ClientSide(request, response), false).begin();
    });
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      new HttpExchange(context, new ClientSide(request, response), true).begin();
    });
    const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      new UpgradeExchange(context, request, socket, head).begin();
    };
    server.on('upgrade', upgrade).on('connect', upgrade);
  }

  #join(unit: Unit): void {
    // Streams have no end of their own: when the time to drain is over they are told so. Requests may still finish while
    // the state is saved; release cuts them.
    unit.on((event) => {
      if (event.event === 'stage_ended' && event.stage === 'drain' && event.instance === unit.instance) {
        this.#cut('streams');
      }
    });
    const release = async () => {
      this.#cut('all');
      // What was written last is handed to the system before connections are cut.
      await new Promise(setImmediate);
      for (const upstream of this.#upstreams) upstream.close();
    };
    unit.onRelease(`${this.#name} instances`, release, { dependsOn: [this.#name] });
  }

  #cut(which: 'streams' | 'all'): void {
    for (const upstream of this.#upstreams) upstream.cut(which, 'the gateway is stopping');
  }
}
