// An upgraded connection: bytes both ways, with back-pressure. A WebSocket can be told goodbye: between two frames of the
// instance a close frame of ours goes to the client. The beginning of a frame that is cut never reaches it, because the
// rest of a chunk is held back once the end is wanted.
import type { Duplex } from 'node:stream';

import { randomBytes } from 'node:crypto';

import { closeFrame, FrameFollower, SERVICE_RESTART } from './websocket.ts';

/** How long a frame that is on its way, and then the client's own goodbye, may take. */
const GOODBYE_MS_MAX = 1_000;

export interface TunnelEnd {
  /** Which side was lost rather than ended; null if both ended in order. */
  readonly lost: 'client' | 'instance' | null;
}

export class Tunnel {
  toInstanceBytes = 0;
  toClientBytes = 0;
  readonly #client: Duplex;
  readonly #instance: Duplex;
  readonly #fromInstance: FrameFollower | null;
  readonly #fromClient: FrameFollower | null;
  readonly #ended: (end: TunnelEnd) => void;
  #goodbye: string | null = null;
  #saidGoodbye = false;
  #lost: TunnelEnd['lost'] = null;
  #open = 2;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: Duplex, instance: Duplex, protocol: string, ended: (end: TunnelEnd) => void) {
    this.#client = client;
    this.#instance = instance;
    const isWebSocket = protocol.toLowerCase() === 'websocket';
    this.#fromInstance = isWebSocket ? new FrameFollower() : null;
    this.#fromClient = isWebSocket ? new FrameFollower() : null;
    this.#ended = ended;
  }

  /** @param clientHead what the client sent after its request @param instanceHead what the instance sent after its answer */
  start(clientHead: Buffer, instanceHead: Buffer): void {
    this.#watch(this.#client, this.#instance, 'client');
    this.#watch(this.#instance, this.#client, 'instance');
    if (clientHead.length > 0) this.#toInstance(clientHead);
    if (instanceHead.length > 0) this.#toClient(instanceHead);
    this.#client.on('data', (chunk: Buffer) => this.#toInstance(chunk));
    this.#instance.on('data', (chunk: Buffer) => this.#toClient(chunk));
  }

  /** Ends it: a WebSocket by close frames, anything else at once. */
  close(reason: string): void {
    if (this.#goodbye !== null) return;
    this.#goodbye = reason;
    if (this.#fromInstance === null) return this.#destroy();
    this.#timer = setTimeout(() => this.#destroy(), GOODBYE_MS_MAX);
    if (this.#fromInstance.isBetweenFrames) this.#sayGoodbye();
  }

  #toInstance(chunk: Buffer): void {
    this.toInstanceBytes += chunk.length;
    this.#fromClient?.follow(chunk);
    if (!this.#instance.write(chunk)) pauseUntilDrain(this.#client, this.#instance);
  }

  #toClient(chunk: Buffer): void {
    if (this.#saidGoodbye) return;
    const wholeBytes = this.#fromInstance?.follow(chunk) ?? 0;
    // While goodbye waits for the end of a frame, nothing of the next one is passed on.
    const passed = this.#goodbye === null ? chunk : chunk.subarray(0, wholeBytes === 0 ? chunk.length : wholeBytes);
    this.toClientBytes += passed.length;
    if (!this.#client.write(passed)) pauseUntilDrain(this.#instance, this.#client);
    if (this.#goodbye !== null && wholeBytes > 0) this.#sayGoodbye();
  }

  #sayGoodbye(): void {
    this.#saidGoodbye = true;
    const reason = this.#goodbye ?? '';
    // After the close frame of the instance itself there is nothing more to say.
    if (this.#fromInstance?.closed === true) this.#client.end();
    else this.#client.end(closeFrame(SERVICE_RESTART, reason, null));
    if (this.#fromClient?.isBetweenFrames === true && !this.#fromClient.closed) {
      this.#instance.end(closeFrame(SERVICE_RESTART, reason, randomBytes(4)));
    } else this.#instance.end();
  }

  #watch(side: Duplex, other: Duplex, name: 'client' | 'instance'): void {
    side.on('error', () => (this.#lost ??= name));
    side.on('end', () => other.end());
    side.on('close', () => {
      if (!side.readableEnded && !this.#saidGoodbye) this.#lost ??= name;
      this.#otherClosed(side, other, name);
    });
  }

  #otherClosed(side: Duplex, other: Duplex, name: 'client' | 'instance'): void {
    if (--this.#open === 0) {
      clearTimeout(this.#timer);
      this.#ended({ lost: this.#lost });
      return;
    }
    if (other.destroyed) return;
    // A client whose instance was lost is told, if its protocol has a word for it.
    if (name === 'instance' && !side.readableEnded && this.#goodbye === null) this.close('the instance was lost');
    else if (!this.#saidGoodbye) other.end(() => other.destroy());
  }

  #destroy(): void {
    this.#client.destroy();
    this.#instance.destroy();
  }
}

function pauseUntilDrain(source: Duplex, sink: Duplex): void {
  source.pause();
  sink.once('drain', () => source.resume());
}
