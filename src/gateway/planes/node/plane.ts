// The plane of Node: servers in front, instances behind, and the director who says which request goes where. Servers end
// with the unit that they belong to, by the same rules as any HTTP server (lifecycle/http); what the plane adds is how an
// exchange that is open at the end is ended.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import { systemClock } from '../../../base/clock.ts';
import { joinFront } from '../../../lifecycle/http/drain.ts';
import type { FrontRules } from '../../../lifecycle/http/rules.ts';
import type { HttpServer } from '../../../lifecycle/http/server.ts';
import type { Unit } from '../../../lifecycle/types.ts';
import type { Director, UpstreamAddress } from '../ports.ts';
import { ClientSide } from './client-side.ts';
import type { PlaneContext } from './context.ts';
import { Certificate, type CertificateFiles } from './certificate.ts';
import { HttpExchange } from './exchange.ts';
import { plainHttp2Server, secureServer } from './http2-server.ts';
import { httpServer, listen, type ListenAddress, portOf } from './listen.ts';
import { type PlaneOptions, resolvePlaneOptions } from './options.ts';
import { WholeBodies } from './request-body.ts';
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

export interface ListenOptions {
  /** Speak TLS, with HTTP/2 and HTTP/1.1 by ALPN. Files are watched, and read again when they change. */
  readonly tls?: CertificateFiles;
  /** Without TLS: HTTP/2 by prior knowledge, as gRPC clients speak it. Default HTTP/1.1. */
  readonly http2?: boolean;
}

const NO_RULES: FrontRules = { answer: () => null, refuse: () => 'answer' };

export class NodePlane {
  readonly #context: PlaneContext;
  readonly #rules: FrontRules;
  readonly #name: string;
  readonly #drainsBefore: readonly string[];
  readonly #upstreams = new Set<NodeUpstream>();
  readonly #servers: HttpServer[] = [];
  readonly #reloads: (() => void)[] = [];

  /** @throws LastcallError `usage` for an option that is not known or cannot be used */
  constructor({ director, rules = NO_RULES, name = 'gateway', drainsBefore = [], ...options }: NodePlaneOptions) {
    const settings = resolvePlaneOptions(options);
    const wholeBodies = new WholeBodies(settings.bodyIdleMsMax);
    this.#context = { director, settings, wholeBodies, nowMs: () => systemClock.monotonicMs() };
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
   * @throws LastcallError `io` if it cannot listen there, `usage` for a certificate that cannot be used
   */
  async listen(unit: Unit, address: ListenAddress, options: ListenOptions = {}): Promise<void> {
    const server = this.#server(unit, options);
    this.#serve(server as Server);
    const number = this.#servers.push(server);
    const name = number === 1 ? this.#name : `${this.#name} ${number}`;
    joinFront(unit, server, { name, rules: this.#rules, drainsBefore: this.#drainsBefore });
    if (number === 1) this.#join(unit);
    await listen(server, address);
  }

  /** Reads certificates again now, for whoever asked by SIGHUP. @throws LastcallError `usage` if one cannot be used */
  reloadCertificates(): void {
    for (const reload of this.#reloads) reload();
  }

  #server(unit: Unit, { tls, http2 = false }: ListenOptions): HttpServer {
    const { settings } = this.#context;
    if (tls === undefined) return http2 ? plainHttp2Server(settings) : httpServer(settings);
    const certificate = new Certificate(tls);
    const server = secureServer(settings, certificate.context);
    const renew = () => {
      server.setSecureContext(certificate.context);
      unit.log('certificate_renewed', { certificate: tls.certificate });
    };
    certificate.watch(renew, (error) => unit.log('certificate_refused', { error: error.message }));
    this.#reloads.push(() => void (certificate.reload() && renew()));
    unit.onRelease(`${this.#name} certificate ${this.#reloads.length}`, () => certificate.close());
    return server;
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
