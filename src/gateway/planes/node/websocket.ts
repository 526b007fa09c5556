// As much of WebSocket framing (RFC 6455, 5.2) as it takes to say goodbye between two frames of a tunnel.

/** Service Restart (IANA WebSocket close codes): connect again. */
export const SERVICE_RESTART = 1012;

const OPCODE_CLOSE = 0x8;
/** A close frame's reason: 125 bytes less the code. */
const REASON_BYTES_MAX = 123;

/** Follows one direction of a tunnel; knows whether the next byte begins a frame. */
export class FrameFollower {
  /** Header bytes of the frame that has begun. */
  readonly #head: number[] = [];
  #payloadLeft = 0;
  /** A close frame went by: this direction is over. */
  closed = false;

  get isBetweenFrames(): boolean {
    return this.#head.length === 0 && this.#payloadLeft === 0;
  }

  /** @returns how many bytes of `chunk` belong to frames that are whole when `chunk` is, and the one that `chunk` begins in */
  follow(chunk: Buffer): number {
    let at = 0;
    let boundary = this.isBetweenFrames ? 0 : -1;
    while (at < chunk.length) {
      if (this.#payloadLeft > 0) {
        const step = Math.min(this.#payloadLeft, chunk.length - at);
        this.#payloadLeft -= step;
        at += step;
      } else {
        this.#head.push(chunk[at++]!);
        this.#endHead();
      }
      if (this.isBetweenFrames) boundary = at;
    }
    return Math.max(0, boundary);
  }

  #endHead(): void {
    const head = this.#head;
    if (head.length < 2) return;
    const short = head[1]! & 0x7f;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const maskBytes = (head[1]! & 0x80) === 0 ? 0 : 4;
    if (head.length < 2 + lengthBytes + maskBytes) return;
    let length = short;
    if (lengthBytes > 0) {
      length = 0;
      for (const byte of head.slice(2, 2 + lengthBytes)) length = length * 256 + byte;
    }
    if ((head[0]! & 0x0f) === OPCODE_CLOSE) this.closed = true;
    this.#payloadLeft = length;
    head.length = 0;
  }
}

/** @param mask four bytes for the direction to a server, which must be masked; null for the direction to a client */
export function closeFrame(code: number, reason: string, mask: Buffer | null): Buffer {
  const text = Buffer.from(reason).subarray(0, REASON_BYTES_MAX);
  const payload = Buffer.alloc(2 + text.length);
  payload.writeUInt16BE(code);
  text.copy(payload, 2);
  if (mask === null) return Buffer.concat([Buffer.from([0x80 | OPCODE_CLOSE, payload.length]), payload]);
  for (let index = 0; index < payload.length; index++) payload[index]! ^= mask[index % 4]!;
  return Buffer.concat([Buffer.from([0x80 | OPCODE_CLOSE, 0x80 | payload.length]), mask, payload]);
}
