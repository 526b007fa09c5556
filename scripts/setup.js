// Makes the checkout ready: the pinned Node (from the npm registry, into toolchain/), then the packages of the lockfile.
//
// Plain JavaScript without dependencies, because it runs on whatever Node the machine has (20 or newer). Afterwards
// `node` inside every npm script is the pinned one: npm puts node_modules/.bin first on PATH, and we link it there.
// Runs before each script and costs a few milliseconds when there is nothing to do.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAJOR_MIN = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, 'node_modules', '.lastcall-setup');

function fail(what, then) {
  process.stderr.write(`setup: ${what}\n       ${then}\n`);
  process.exit(1);
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

/** Runs npm under `node`, so that lockfile and installs are those of the pinned version. */
function npm(node, args, cwd) {
  const npmCli = process.env.npm_execpath;
  const [command, prefix] = npmCli?.endsWith('.js') ? [node, [npmCli]] : ['npm', []];
  const started = Date.now();
  const result = spawnSync(command, [...prefix, ...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      PATH: `${dirname(node)}:${process.env.PATH}`,
      ONNXRUNTIME_NODE_INSTALL: 'skip', // the CPU build is in the package; its script would fetch CUDA from elsewhere
    },
  });
  if (result.status !== 0) {
    fail(
      `npm ${args.join(' ')} failed in ${cwd}${result.error ? ` (${result.error.message})` : ''}`,
      'Read the lines above; most often the npm registry is out of reach. Then run the command again.',
    );
  }
  return ((Date.now() - started) / 1000).toFixed(1);
}

function pinnedNode() {
  const pinned = join(root, 'toolchain', 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'toolchain', 'package.json'), 'utf8'));
  const version = optionalDependencies[`node-linux-${process.arch}`];
  if (!version) return undefined; // no such package for this processor: an installed Node has to do
  const actual = () => existsSync(pinned) && spawnSync(pinned, ['--version'], { encoding: 'utf8' }).stdout?.trim();
  if (actual() !== `v${version}`) {
    say(`installing Node ${version} into toolchain/ (this machine has ${process.version})`);
    npm(process.execPath, ['ci', '--ignore-scripts'], join(root, 'toolchain'));
  }
  if (actual() !== `v${version}`) {
    fail(
      `the pinned Node ${version} was installed but does not start (${pinned})`,
      'It needs glibc 2.28 or newer. Elsewhere, put Node 24 or newer on PATH and set LASTCALL_SYSTEM_NODE=1.',
    );
  }
  return pinned;
}

function chooseNode() {
  if (process.platform === 'win32') {
    fail('Windows is not supported', 'Signals and process trees work differently there; use Linux, macOS or WSL 2.');
  }
  if (process.platform === 'linux' && process.env.LASTCALL_SYSTEM_NODE !== '1') {
    const pinned = pinnedNode();
    if (pinned) return pinned;
  }
  if (Number(process.versions.node.split('.')[0]) < MAJOR_MIN) {
    fail(
      `this repository needs Node ${MAJOR_MIN} or newer, and this is ${process.version} on ${process.platform}-${process.arch}`,
      'Install Node 24 (https://nodejs.org) and run the command again.',
    );
  }
  return process.execPath;
}

function linkNode(node) {
  const link = join(root, 'node_modules', '.bin', 'node');
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(node, link);
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', 'toolchain/package-lock.json', 'scripts/setup.js']) {
    hash.update(readFileSync(join(root, file)));
  }
  hash.update(`${process.platform}-${process.arch}-${process.env.LASTCALL_SYSTEM_NODE ?? ''}`);
  return hash.digest('hex');
}

const wanted = fingerprint();
const done =
  existsSync(stampFile) &&
  readFileSync(stampFile, 'utf8') === wanted &&
  existsSync(join(root, 'node_modules', '.bin', 'node'));
if (!done) {
  const node = chooseNode();
  say('installing packages of the lockfile');
  // `install --no-save` rather than `ci`: a registry mirror may lack the optional binaries of other platforms, which
  // `ci` then calls a broken lockfile. Versions and integrity still come from the lockfile. No package needs a script.
  rmSync(stampFile, { force: true });
  const seconds = npm(node, ['install', '--no-save', '--ignore-scripts'], root);
  linkNode(node);
  writeFileSync(stampFile, wanted);
  say(`ready in ${seconds} s`);
}
