// Records that come by HTTP. They are durable in the inbox before the sender hears 202, each id once, and are read from
// there like from any other source.
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../../../base/clock.ts';
import { durationMs, type DurationInput } from '../../../base/duration.ts';
import { LastcallError, messageOf } from '../../../base/errors.ts';
import { checkOptions, type OptionNames } from '../../../base/given.ts';
import { drainHttp, type Participant } from '../../../lifecycle/index.ts';
import type { OpenSource, Position, ReadResult, Source } from '../../ports.ts';
import { BadRecord } from '../bad-record.ts';
import { GroupCommit } from './group-commit.ts';
import { Inbox } from './inbox.ts';
import type { ServerRules } from './server.ts';

export interface HttpIngestOptions<Row> {
  /** Port to listen on; 0: any free one. */
  port: number;
  /** Address to listen on; others than this machine's need a token. Default 127.0.0.1. */
  host?: string;
  /** Path of the requests. Default `/records`. */
  path?: string;
  /** Path that answers 200, or 503 from the first moment of an ending. Default `/readyz`. */
  readiness?: string;
  /** Bearer token that every request must carry. Default: none, for this machine only. */
  token?: string;
  /** Checks each record before it is accepted; what it throws refuses the request (422). Default: any object. */
  parse?: (value: unknown) => Row;
  /** Field that identifies a record: one that was seen is not accepted again. Default: only `Idempotency-Key` does. */
  idField?: string;
  /** How long ids are remembered. Default 24h. */
  rememberFor?: DurationInput;
  /** How long records are kept after they are done, for a state that has to be restored. Default 1h. */
  keepFor?: DurationInput;
  /** Records that may wait to be processed; then 503 with Retry-After. Default 100,000. */
  inboxMax?: number;
  /** Bytes of a request; then 413. Default 1 MiB. */
  bodyBytesMax?: number;
  /** Names the inbox and the source: letters, digits and `-`. Default `inbox`. */
  name?: string;
  /** Called when the server listens, with its address such as `http://127.0.0.1:8080`. */
  onListening?: (url: string) => void;
}

const OPTIONS: OptionNames<HttpIngestOptions<never>> = {
  port: true,
  host: true,
  path: true,
  readiness: true,
  token: true,
  parse: true,
  idField: true,
  rememberFor: true,
  keepFor: true,
  inboxMax: true,
  bodyBytesMax: true,
  name: true,
  onListening: true,
};

/** Records that may wait for their transaction; it takes a moment, so this is a second's worth. */
const WAITING_MAX = 50_000;

/**
 * Records that are sent by `POST path`: a JSON object, an array of them, or JSON lines (`application/x-ndjson`). 202 says
 * that all of them are durable and will be processed once; anything else, that none was taken. Repetitions are known by
 * `Idempotency-Key` (the same key and content) or by `idField`.
 */
export function httpIngest<Row extends object = Record<string, unknown>>(options: HttpIngestOptions<Row>): Source<Row> {
  const rules = resolve(options);
  return {
    kind: 'http-ingest',
    identity: `http-ingest:${rules.name}`,
    schema: { idField: rules.idField },
    open: async ({ directory }) => new OpenIngest(new Inbox(join(directory, `ingest-${rules.name}.db`)), rules),
  };
}

interface Rules extends Omit<ServerRules, 'room'> {
  readonly name: string;
  readonly port: number;
  readonly host: string;
  readonly readiness: string;
  readonly inboxMax: number;
  readonly rememberMs: number;
  readonly keepMs: number;
  readonly onListening: (url: string) => void;
}

function resolve(options: HttpIngestOptions<object>): Rules {
  checkOptions('httpIngest', options, OPTIONS);
  checkPort(options.port);
  const { name = 'inbox', host = '127.0.0.1', token = null } = options;
  if (!/^[A-Za-z0-9-]{1,60}$/.test(name))
    throw usage(`the name ${JSON.stringify(name)}`, 'Use letters, digits and "-".');
  if (token === '') throw usage('an empty token', 'Give a long random one, or none.');
  if (token === null && !/^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/.test(host)) {
    throw usage(`listening on ${host} without a token`, 'Give a token, or listen on 127.0.0.1.');
  }
  return {
    name,
    host,
    token,
    port: options.port,
    path: options.path ?? '/records',
    readiness: options.readiness ?? '/readyz',
    parse: options.parse ?? null,
    idField: options.idField ?? null,
    recordsMax: 10_000,
    waitingMax: WAITING_MAX,
    inboxMax: options.inboxMax ?? 100_000,
    bodyBytesMax: options.bodyBytesMax ?? 1024 * 1024,
    rememberMs: durationMs(options.rememberFor ?? '24h', 'http ingest: rememberFor'),
    keepMs: durationMs(options.keepFor ?? '1h', 'http ingest: keepFor'),
    onListening: options.onListening ?? (() => {}),
  };
}

function checkPort(port: unknown): void {
  if (Number.isInteger(port) && (port as number) >= 0 && (port as number) <= 65_535) return;
  throw new LastcallError('usage', {
    what: port === undefined ? 'the port is missing' : `${JSON.stringify(port)} is not a port`,
    on: 'httpIngest.port',
    todo: 'Give a number from 0 (any free port) to 65535.',
  });
}

class OpenIngest implements OpenSource {
  readonly partitions = 1;
  /** Ends the server in the order of the unit's stages. */
  readonly participant: Participant;
  readonly #inbox: Inbox;
  readonly #rules: Rules;
  readonly #commits: GroupCommit;
  readonly #listeners = new Set<() => void>();
  #joined: Parameters<Participant['join']>[0] | null = null;
  #listening: Promise<{ close(): Promise<void> }> | null = null;
  /** Where the last read found nothing. */
  #idleAt = 0;
  /** Number of the newest record that is known to be done. */
  #done = 0;

  constructor(inbox: Inbox, rules: Rules) {
    this.#inbox = inbox;
    this.#rules = rules;
    this.#commits = new GroupCommit(inbox, () => this.#wake());
    this.participant = { join: (unit) => (this.#joined = unit) };
  }

  get endless(): true {
    return true;
  }

  recordsIn(): null {
    return null;
  }

  async holds(partition: number, [number = 0]: Position): Promise<boolean> {
    return partition === 0 && this.#inbox.holds(number);
  }

  async read(_partition: number, after: Position, recordsMax: number, signal: AbortSignal): Promise<ReadResult> {
    signal.throwIfAborted();
    const [from = 0] = after;
    if (!this.#listening) {
      this.#done = from;
      this.#listening = this.#listen();
    }
    await this.#listening;
    const found = this.#inbox.after(from, recordsMax);
    if (found.length === 0) {
      this.#idleAt = from;
      return 'idle';
    }
    const rows = found.map(({ number, record }) => this.#row(number, record));
    return { partition: 0, length: rows.length, after, rows, positionAfter: (index) => [found[index]!.number] };
  }

  /** Waits for the next records to be accepted. */
  async more(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#inbox.newest > this.#idleAt) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.#listeners.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#listeners.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  committed([position]: readonly Position[]): void {
    this.#done = position?.[0] ?? 0;
    const nowMs = systemClock.wallMs();
    this.#inbox.trim(this.#done, nowMs - this.#rules.keepMs, nowMs - this.#rules.rememberMs);
  }

  async close(): Promise<void> {
    this.#wake();
    await (await this.#listening?.catch(() => null))?.close();
    this.#inbox.close();
  }

  async #listen(): Promise<{ close(): Promise<void> }> {
    const { host, port, readiness, inboxMax, onListening } = this.#rules;
    const { ingestServer } = await import('./server.ts');
    const room = (): number => inboxMax - (this.#inbox.newest - this.#done) - this.#commits.records;
    const app = ingestServer({ ...this.#rules, room }, this.#commits);
    this.#joined?.use(drainHttp(app.server, { name: 'ingest', readiness }));
    try {
      await app.listen({ host, port });
    } catch (error) {
      await app.close();
      throw new LastcallError('dependency', {
        what: `cannot listen: ${messageOf(error)}`,
        on: `http ingest, ${host}:${port}`,
        todo: 'Free the port, or give another one.',
        cause: error,
      });
    }
    const address = app.server.address() as AddressInfo;
    const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    onListening(`http://${name}:${address.port}`);
    return {
      async close() {
        app.server.closeAllConnections();
        await app.close();
      },
    };
  }

  #row(number: number, record: string): unknown {
    try {
      const value: unknown = JSON.parse(record);
      return this.#rules.parse ? this.#rules.parse(value) : value;
    } catch (error) {
      // It was accepted under other rules than today's.
      return new BadRecord(messageOf(error), record, `ingest ${this.#rules.name}, record ${number}`);
    }
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }
}

function usage(what: string, todo: string): LastcallError {
  return new LastcallError('usage', { what, on: 'http ingest', todo });
}
