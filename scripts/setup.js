// Makes the checkout ready: the pinned Node (from the npm registry, into toolchain/), then the packages of the lockfile.
//
// Plain JavaScript without dependencies, because it runs on whatever Node the machine has (20 or newer). Afterwards
// `node` inside every npm script is the pinned one: npm puts node_modules/.bin first on PATH, and we link it there.
// Runs before each script and costs a few milliseconds when there is nothing to do. Two at once: one does it, one waits.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAJOR_MIN = 24;
const HEARTBEAT_MS = 10_000;
const LOCK_WAIT_SECONDS_MAX = 900;

/** Programs that run a command while they hold a lock that the kernel drops with them; they end with 75 if it is taken. */
const LOCKERS = {
  linux: (seconds, file) => ['flock', '--conflict-exit-code', '75', '--timeout', String(seconds), file],
  darwin: (seconds, file) => ['lockf', '-k', '-t', String(seconds), file],
};
const LOCKED = '--locked';

const script = fileURLToPath(import.meta.url);
const root = dirname(dirname(script));
const nodeLink = join(root, 'node_modules', '.bin', 'node');
const stampFile = join(root, 'node_modules', '.lastcall-setup');
const manifest = readJson('package.json');

function fail(what, then) {
  process.stderr.write(`setup: ${what}\n       ${then}\n`);
  process.exit(1);
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

/** What an install depends on; the scripts in package.json, say, are not part of it. */
function fingerprint() {
  const { dependencies, devDependencies, peerDependencies, allowScripts } = manifest;
  const hash = createHash('sha256');
  hash.update(JSON.stringify([dependencies, devDependencies, peerDependencies, allowScripts]));
  for (const file of ['package-lock.json', 'toolchain/package-lock.json', 'scripts/setup.js']) {
    hash.update(readFileSync(join(root, file)));
  }
  hash.update(`${process.platform}-${process.arch}-${process.env.USE_SYSTEM_NODE ?? ''}`);
  return hash.digest('hex');
}

function isReady() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === fingerprint() && existsSync(nodeLink);
}

/** Runs npm under `node`, so that what is installed is what the pinned version would install. */
async function npm(node, args, cwd) {
  const npmCli = process.env.npm_execpath ?? '';
  const [command, prefix] = basename(npmCli) === 'npm-cli.js' ? [node, [npmCli]] : ['npm', []];
  const started = Date.now();
  const seconds = () => ((Date.now() - started) / 1_000).toFixed(0);
  const heartbeat = setInterval(() => say(`still at it after ${seconds()} s`), HEARTBEAT_MS);
  const child = spawn(command, [...prefix, ...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` },
  });
  const problem = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code === 0 ? undefined : `it ended with ${signal ?? code}`));
  });
  clearInterval(heartbeat);
  if (problem !== undefined) {
    fail(
      `npm ${args.join(' ')} failed in ${cwd} (${problem})`,
      'Read the lines above; most often the npm registry is out of reach. Then run the command again.',
    );
  }
}

/** The pinned Node's path; undefined where its packages do not exist: another processor, or a C library that is not glibc. */
async function pinnedNode() {
  const name = `node-linux-${process.arch}`;
  const version = readJson('toolchain/package.json').optionalDependencies[name];
  const glibc = process.report?.getReport().header.glibcVersionRuntime;
  if (!version || !glibc) return undefined;
  const pinned = join(root, 'toolchain', 'node_modules', name, 'bin', 'node');
  const installed = () => existsSync(pinned) && spawnSync(pinned, ['--version'], { encoding: 'utf8' }).stdout?.trim();
  if (installed() !== `v${version}`) {
    say(`installing Node ${version} into toolchain/ (this machine has ${process.version})`);
    await npm(process.execPath, ['install', '--no-save', '--ignore-scripts'], join(root, 'toolchain'));
  }
  if (installed() !== `v${version}`) {
    fail(
      `the pinned Node ${version} was installed but does not start (${pinned})`,
      `It needs glibc 2.28 or newer, and this is ${glibc}. Or put Node ${MAJOR_MIN} on PATH and set USE_SYSTEM_NODE=1.`,
    );
  }
  return pinned;
}

async function chooseNode() {
  if (process.platform === 'win32') {
    fail('Windows is not supported', 'Signals and process trees work differently there; use Linux, macOS or WSL 2.');
  }
  if (process.platform === 'linux' && process.env.USE_SYSTEM_NODE !== '1') {
    const pinned = await pinnedNode();
    if (pinned) return pinned;
  }
  if (Number(process.versions.node.split('.')[0]) < MAJOR_MIN) {
    fail(
      `this repository needs Node ${MAJOR_MIN} or newer, and this is ${process.version} on ${process.platform}-${process.arch}`,
      `Install Node ${MAJOR_MIN} (https://nodejs.org) and run the command again.`,
    );
  }
  return process.execPath;
}

/** Replaced in one step: somebody else's script may be looking for `node` at this moment. */
function linkNode(node) {
  mkdirSync(dirname(nodeLink), { recursive: true });
  if (existsSync(nodeLink) && readlinkSync(nodeLink) === node) return;
  const temporary = `${nodeLink}.${process.pid}`;
  symlinkSync(node, temporary);
  renameSync(temporary, nodeLink);
}

/** `npm install` would silently resolve anew what the lockfile does not have. */
function checkLockfile() {
  const locked = readJson('package-lock.json').packages[''];
  for (const kind of ['dependencies', 'devDependencies', 'peerDependencies']) {
    if (JSON.stringify(locked[kind] ?? {}) === JSON.stringify(manifest[kind] ?? {})) continue;
    fail(
      `the ${kind} of package.json and of package-lock.json differ`,
      'Make the lockfile anew: rm package-lock.json; npm install --package-lock-only --ignore-scripts',
    );
  }
}

async function setUp() {
  if (isReady()) return; // somebody else has done it while we waited
  const started = Date.now();
  checkLockfile();
  const node = await chooseNode();
  rmSync(stampFile, { force: true });
  say('installing the packages of the lockfile');
  // `install --no-save` rather than `ci`: a registry mirror may lack the optional binaries of other platforms, which
  // `ci` then calls a broken lockfile; and `ci` would pull the packages away from under a test that runs meanwhile.
  // Install scripts are denied but for those that package.json allows by name; this way with every version of npm.
  await npm(node, ['install', '--no-save', '--ignore-scripts'], root);
  const allowed = Object.entries(manifest.allowScripts ?? {}).flatMap(([name, yes]) => (yes ? [name] : []));
  if (allowed.length > 0) await npm(node, ['rebuild', ...allowed], root);
  linkNode(node);
  writeFileSync(stampFile, fingerprint());
  say(`ready in ${((Date.now() - started) / 1_000).toFixed(0)} s`);
}

/** Runs this script again under a lock. */
function setUpLocked() {
  const lockFile = join(root, '.cache', 'setup.lock');
  mkdirSync(dirname(lockFile), { recursive: true });
  const locker = LOCKERS[process.platform];
  const attempt = (seconds) => {
    const [command, ...args] = locker(seconds, lockFile);
    return spawnSync(command, [...args, process.execPath, script, LOCKED], { stdio: 'inherit' });
  };
  let result = locker && attempt(0);
  if (!result || result.error) return setUp(); // no such program: the lock is a courtesy, not a need
  if (result.status === 75) {
    say('another set-up of this checkout is under way; waiting for it');
    result = attempt(LOCK_WAIT_SECONDS_MAX);
  }
  process.exitCode = result.status ?? 1;
}

if (process.argv.includes(LOCKED)) await setUp();
else if (!isReady()) await setUpLocked();
