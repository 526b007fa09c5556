import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HttpParser, LineParser } from './response.ts';

interface Seen {
  readonly statuses: number[];
  /** Whether each answer left the connection open. */
  readonly ends: boolean[];
}

function read(pieces: readonly string[], methods: readonly string[] = [], closes = false): Seen {
  const seen: Seen = { statuses: [], ends: [] };
  const events = {
    head: ({ status }: { status: number }) => void seen.statuses.push(status),
    end: (keepsOpen: boolean) => void seen.ends.push(keepsOpen),
  };
  const parser = new HttpParser(events, () => methods[seen.ends.length] ?? 'GET');
  for (const piece of pieces) parser.feed(Buffer.from(piece, 'latin1'));
  if (closes) parser.close();
  return seen;
}

const SIZED = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const CHUNKED =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\n';
const ANSWERS = [
  SIZED,
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n',
  CHUNKED,
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 503 \r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno',
].join('');

test('answers are read alike in whatever pieces they come', () => {
  const whole = read([ANSWERS]);
  assert.deepEqual(whole, { statuses: [200, 201, 200, 204, 503], ends: [true, true, true, true, false] });
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(ANSWERS.length)), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), ANSWERS.length];
      assert.deepEqual(read(places.slice(1).map((end, index) => ANSWERS.slice(places[index], end))), whole);
    }),
    { numRuns: 300 },
  );
});

test('an answer that is cut anywhere has no end, also if the connection is closed then', () => {
  for (const answer of [SIZED, CHUNKED]) {
    for (let length = 1; length < answer.length; length++) {
      assert.deepEqual(read([answer.slice(0, length)], [], true).ends, [], answer.slice(0, length));
    }
  }
});

test('a body without a length ends with the connection, and HTTP/1.0 closes', () => {
  const text = 'HTTP/1.0 200 OK\r\nServer: x\r\n\r\nanything';
  assert.deepEqual(read([text]).ends, []);
  assert.deepEqual(read([text], [], true).ends, [false]);
});

test('HEAD is answered without a body, whatever length is named', () => {
  const text = 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx';
  assert.deepEqual(read([text], ['HEAD', 'GET']).ends, [true, true]);
});

test('what is no HTTP is an error, at once and without growing', () => {
  assert.throws(() => read(['SSH-2.0-OpenSSH_9.2\r\n']), /no HTTP/);
  assert.throws(() => read(['HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n']), /no length/);
  assert.throws(() => read(['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n']), /no size of a chunk/);
  assert.throws(
    () => read(['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n']),
    /longer than it said/,
  );
  assert.throws(() => read([`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`]), /never ends/);
});

test('any bytes are read or refused', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 10 }), (pieces) => {
      try {
        read(
          [
            'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
            ...pieces.map((it) => Buffer.from(it).toString('latin1')),
          ],
          [],
          true,
        );
      } catch (error) {
        assert(error instanceof Error && !(error instanceof RangeError));
      }
    }),
  );
});

test('servers that speak lines answer with a line', () => {
  let ended = 0;
  const parser = new LineParser({ head: () => {}, end: () => void (ended += 1) });
  parser.feed(Buffer.from('+PO'));
  parser.feed(Buffer.from('NG\n+PONG\n'));
  assert.equal(ended, 2);
});
