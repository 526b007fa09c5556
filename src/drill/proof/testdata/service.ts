// A small service that ends well, and with the name of a mistake as first argument, one that makes exactly that mistake.
// `node service.ts MISTAKE PORT HEALTH DIR`. What the drill must find for each is in ../mistakes.ts.
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [mistake = 'none', port = '0', health = '0', directory = '.'] = process.argv.slice(2);
const WORK_MS = 120;
const ANNOUNCE_MS = 700;

if (mistake === 'wrapper-passes-nothing-on' && process.argv[6] === undefined) {
  // As `npm start` or a shell script does: the wrapper dies of the signal, the server never hears of it.
  const child = spawn(process.execPath, [...process.execArgv, import.meta.filename, 'none', port, health, directory, 'inner'], { stdio: 'inherit' });
  child.on('exit', (code) => process.exit(code ?? 1));
} else if (mistake === 'exits-0-after-forced-kill' && process.argv[6] === undefined) {
  const child = spawn(process.execPath, [...process.execArgv, import.meta.filename, 'none', port, health, directory, 'inner'], { stdio: 'inherit' });
  process.on('SIGTERM', () => {
    child.once('exit', () => process.exit(0));
    setTimeout(() => child.kill('SIGKILL'), 30);
  });
} else serve();

function serve(): void {
  let isReady = true;
  let isAnnounced = false;
  let isDraining = false;
  let inFlight = 0;
  let signalledAtMs = 0;
  const pending = new Map<string, ServerResponse>();
  const streams = new Set<ServerResponse>();
  const logBuffer: string[] = [];
  const ledger = join(directory, 'ledger');
  const memory: string[] = [];

  const log = (line: string): void => {
    if (mistake !== 'loses-last-log-lines') return void writeSync(1, `${line}\n`);
    logBuffer.push(`${line}\n`);
    if (logBuffer.length >= 30) writeSync(1, logBuffer.splice(0, 20).join(''));
  };
  const record = (id: string): void => {
    if (mistake !== 'loses-acknowledged-work') return appendFileSync(ledger, `${id}\n`);
    memory.push(`${id}\n`);
    if (memory.length >= 40) appendFileSync(ledger, memory.splice(0, 30).join(''));
  };

  const server = createServer((request, response) => {
    if (request.url === '/readyz') return void response.writeHead(ready() ? 200 : 503).end();
    if (request.url === '/livez') return void response.writeHead(mistake === 'liveness-fails-in-drain' && isAnnounced ? 503 : 200).end();
    if (isAnnounced && mistake !== 'keeps-idle-connections') response.setHeader('Connection', 'close');
    if (request.url === '/events') return events(response);
    if (request.url?.startsWith('/stream')) return stream(request, response);
    work(request, response);
  });

  const ready = (): boolean => {
    if (mistake === 'never-announces') return true;
    if (mistake === 'readiness-flaps' && isAnnounced) return Date.now() - signalledAtMs > 300;
    return isReady;
  };

  function begin(id: string, response: ServerResponse): () => void {
    inFlight += 1;
    pending.set(id, response);
    return () => {
      if (pending.delete(id)) inFlight -= 1;
      if (isDraining) look();
    };
  }

  function work(request: IncomingMessage, response: ServerResponse): void {
    const id = String(request.headers['x-request-id'] ?? 'none');
    const done = begin(id, response);
    response.on('close', done);
    setTimeout(() => {
      if (response.destroyed) return;
      if (mistake === 'answers-500-in-drain' && isAnnounced) return void response.writeHead(500).end('no database\n');
      if (mistake === 'hangs-in-drain' && isAnnounced) return;
      record(id);
      log(`done ${id}`);
      response.setHeader('X-Request-Id', mistake === 'mixes-answers' && isAnnounced ? `${id.slice(0, id.lastIndexOf('-'))}-0` : id);
      response.end(`{"id":"${id}"}\n`);
    }, request.url?.startsWith('/slow') ? 10 * WORK_MS : WORK_MS);
  }

  function stream(request: IncomingMessage, response: ServerResponse): void {
    const id = String(request.headers['x-request-id']);
    const done = begin(`stream ${Math.random()}`, response);
    response.on('close', done);
    let left = 6;
    const timer = setInterval(() => {
      response.write(`token ${left}\n`);
      if (--left > 0) return;
      clearInterval(timer);
      record(id);
      response.end();
    }, WORK_MS / 6);
    response.on('close', () => clearInterval(timer));
  }

  function events(response: ServerResponse): void {
    streams.add(response);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => response.write('data: tick\n\n'), 50);
    response.on('close', () => {
      clearInterval(timer);
      streams.delete(response);
    });
  }

  function look(): void {
    server.closeIdleConnections();
    if (inFlight === 0 && streams.size === 0) finish();
  }

  let isFinished = false;
  function finish(): void {
    if (isFinished) return;
    isFinished = true;
    if (mistake !== 'loses-last-log-lines' && logBuffer.length > 0) writeSync(1, logBuffer.join(''));
    if (mistake === 'crashes-while-ending') process.abort();
    if (mistake === 'waits-for-keep-alive') return void setTimeout(() => process.exit(0), 1_800);
    if (mistake !== 'leaves-temporary-files') {
      // What it had there is gone with it; the next line is the mistake of the other.
    } else writeFileSync(join(tmpdir(), 'upload.part'), 'half');
    process.exit(mistake === 'exits-1-after-a-good-drain' ? 1 : 0);
  }

  function drain(): void {
    isDraining = true;
    for (const response of streams) {
      if (mistake === 'cuts-event-streams') response.destroy();
      else response.end('data: bye\n\n');
    }
    if (mistake === 'drains-too-short') return void setTimeout(() => process.exit(0), 20);
    server.close();
    setInterval(look, 20);
    look();
  }

  function stop(): void {
    signalledAtMs = Date.now();
    switch (mistake) {
      case 'ignores-the-signal':
        return;
      case 'exits-at-once':
        return process.exit(0);
      case 'cuts-streams':
        // Also those that had come, and were not begun yet.
        for (const afterMs of [0, 60]) setTimeout(() => pending.forEach((response) => response.destroy()), afterMs);
        break;
      case 'cuts-keep-alive':
        server.closeAllConnections();
        break;
      case 'closes-listener-first':
        server.close();
        isAnnounced = true;
        return void setTimeout(() => ((isReady = false), drain()), ANNOUNCE_MS);
      case 'announces-too-short':
        isReady = false;
        isAnnounced = true;
        return void setTimeout(drain, 40);
    }
    isReady = false;
    isAnnounced = true;
    setTimeout(drain, ANNOUNCE_MS);
  }

  const onSignal = (): void => {
    const sinceMs = Date.now() - signalledAtMs;
    if (signalledAtMs === 0) stop();
    else if (mistake === 'double-tap-kills' || (sinceMs > 500 && mistake !== 'ignores-the-second-signal')) process.exit(mistake === 'double-tap-kills' ? 130 : 0);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  if (mistake === 'ignores-the-second-signal') process.on('SIGTERM', () => (inFlight += 1));

  if (mistake === 'leaves-a-child') spawn('sleep', ['300'], { stdio: 'ignore', detached: true }).unref();
  if (mistake === 'doubles-work-after-restart' && existsSync(ledger)) {
    // It does not know what was done and what was not, so the last ones are done again.
    appendFileSync(ledger, `${readFileSync(ledger, 'utf8').trim().split('\n').slice(-5).join('\n')}\n`);
  }
  if (mistake === 'does-not-come-up-again') {
    const lock = join(directory, 'lock');
    if (existsSync(lock)) throw new Error('another instance is running');
    writeFileSync(lock, '');
  }

  server.keepAliveTimeout = 60_000;
  server.listen(Number(port), '127.0.0.1', () => {
    if (mistake === 'leaves-the-port') leaveThePort();
  });
  if (mistake === 'closes-listener-first') {
    createServer((request, response) => response.writeHead(request.url === '/livez' || ready() ? 200 : 503).end()).listen(Number(health), '127.0.0.1');
  }

  /** A helper that inherited the socket, as after a fork without close-on-exec. */
  function leaveThePort(): void {
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    spawn('sleep', ['300'], { stdio: ['ignore', 'ignore', 'ignore', fd], detached: true }).unref();
  }
}
