// What runs inside the executable: unpacks the package once for its version into a directory that only this user may write, and
// starts the command from there. CommonJS, since Node runs nothing else from within an executable.
'use strict';
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const { createRequire, enableCompileCache } = require('node:module');
const os = require('node:os');
const path = require('node:path');
const sea = require('node:sea');
const { brotliDecompressSync } = require('node:zlib');

const identity = sea.getAsset('identity', 'utf8');
const home = unpacked();
enableCompileCache(path.join(home, '.compiled'));
const { main } = createRequire(path.join(home, 'bin', 'lastcall.js'))(path.join(home, 'dist', 'cli', 'main.js'));
void main(process.argv.slice(2));

/** The first place that can be used: the cache, the runtime directory, memory, the temporary directory. */
function unpacked() {
  const { XDG_CACHE_HOME, XDG_RUNTIME_DIR, HOME } = process.env;
  const places = [XDG_CACHE_HOME, HOME && path.join(HOME, '.cache'), XDG_RUNTIME_DIR, '/dev/shm', os.tmpdir()];
  const problems = [];
  for (const place of places) {
    if (!place || !path.isAbsolute(place)) continue;
    try {
      return unpackedIn(place);
    } catch (error) {
      problems.push(`${place}: ${error.message}`);
    }
  }
  process.stderr.write(
    `lastcall: there is no place to unpack into. Make one of these writable:\n${problems.join('\n')}\n`,
  );
  process.exit(110);
}

function unpackedIn(place) {
  const own = path.join(place, `lastcall-${os.userInfo().uid}`);
  fs.mkdirSync(own, { recursive: true, mode: 0o700 });
  // Somebody else's directory in /tmp must not decide what we run.
  const { uid, mode } = fs.lstatSync(own);
  if (uid !== os.userInfo().uid || (mode & 0o022) !== 0 || !fs.lstatSync(own).isDirectory()) {
    throw new Error(`${own} is not ours alone`);
  }
  const target = path.join(own, identity);
  if (fs.existsSync(path.join(target, 'whole'))) return target;
  const attempt = `${target}.${process.pid}.${process.hrtime.bigint()}`;
  unpackInto(attempt);
  try {
    fs.renameSync(attempt, target);
  } catch (error) {
    fs.rmSync(attempt, { recursive: true, force: true });
    // Another start was quicker; anything else is a reason to look for another place.
    if (!fs.existsSync(path.join(target, 'whole'))) throw error;
  }
  return target;
}

function unpackInto(folder) {
  const archive = Buffer.from(sea.getRawAsset('archive'));
  const hash = createHash('sha256').update(archive).digest('hex').slice(0, 16);
  if (!identity.endsWith(`-${hash}`)) throw new Error('this executable is damaged');
  const whole = brotliDecompressSync(archive);
  const end = whole.indexOf(0x0a);
  let at = end + 1;
  for (const { path: name, bytes, mode } of JSON.parse(whole.toString('utf8', 0, end))) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    fs.writeFileSync(file, whole.subarray(at, at + bytes), { mode });
    at += bytes;
  }
  fs.writeFileSync(path.join(folder, 'whole'), '', { mode: 0o600 });
}
