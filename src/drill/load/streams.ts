// Clients that stay connected: server-sent events and WebSockets. Each opens again when its stream has ended, as long as
// the load lasts. Whether a stream ended well is in its last bytes: the end of the body, or a close frame.
import { Connection } from './connection.ts';
import { exchangeOf, requestBytes, type RequestShape } from './requests.ts';
import type { Address, RequestEnd, RequestRecord } from './types.ts';

export interface Stream {
  /** Ends it from our side. */
  abandon(): void;
}

/** @param done called once, when the stream is over */
export type OpenStream = (record: RequestRecord, done: (end: RequestEnd) => void) => Stream;

export function eventStreams(address: Address, shape: RequestShape): OpenStream {
  return (record, done) => {
    const connection = new Connection(address, {
      protocol: 'http',
      slowBytes: 0,
      idle: (it) => it.abandon('reset'),
      closed: () => {},
    });
    const asks: RequestShape = { ...shape, method: 'GET', body: null, headers: ['Accept: text/event-stream'] };
    record.sentMs = performance.now();
    connection.send(exchangeOf(record, { method: 'GET', bytes: requestBytes(asks, record.id, false) }, done));
    return { abandon: () => connection.abandon('answered') };
  };
}

/** 1000 normal, 1001 going away, 1012 restarting (https://www.iana.org/assignments/websocket): said by the server. */
const GOOD_CLOSES = [1000, 1001, 1012];
const MESSAGE_MS = 200;

export function webSockets(url: string, message: string): OpenStream {
  return (record, done) => {
    const socket = new WebSocket(url);
    let isOpen = false;
    let isLeaving = false;
    record.sentMs = performance.now();
    const timer = setInterval(() => {
      if (isOpen) socket.send(message.replaceAll('{id}', record.id));
    }, MESSAGE_MS);
    socket.addEventListener('open', () => {
      isOpen = true;
      record.status = 101;
      record.firstByteMs = performance.now();
    });
    socket.addEventListener('error', () => {}); // `close` follows, and has all there is to know
    socket.addEventListener('close', ({ code, wasClean }) => {
      clearInterval(timer);
      if (isLeaving || (wasClean && GOOD_CLOSES.includes(code))) done('answered');
      else done(isOpen ? 'truncated' : 'refused');
    });
    return {
      abandon() {
        isLeaving = true;
        socket.close();
      },
    };
  };
}
