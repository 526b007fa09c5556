// A stop that comes while a command that runs a unit is still being loaded. Without this the signal would end the process at
// once, without a report. Imported before anything else, and plain JavaScript for the same reason. The first unit takes over
// what came (src/lifecycle/process/early-stop.ts) and ends by its stages; nothing has been opened by then. Before this line
// Node itself starts, and what comes in those milliseconds nobody can hear.

/** Commands that make a unit, by their words. */
const COMMANDS = ['stream run'];
const NUMBERS = { SIGTERM: 15, SIGINT: 2, SIGQUIT: 3, SIGHUP: 1 };
/** Repeats within this time are one signal: npm and some terminals deliver one Ctrl+C twice. */
const REPEAT_MS = 500;
/** Loading that goes on for longer after a stop is not waited for. */
const LOADING_MS_MAX = 10_000;

/** @param {readonly string[]} words of the command */
export function hearEarlyStops(words) {
  if (COMMANDS.some((command) => command.split(' ').every((word, index) => words[index] === word))) listen();
}

function listen() {
  /** @type {{ signal: string, atMs: number } | null} */
  let asked = null;
  let limit;
  /** @param {NodeJS.Signals} signal */
  const hear = (signal) => {
    const atMs = performance.now();
    if (asked === null) {
      asked = { signal, atMs };
      limit = setTimeout(() => leave(signal, 'what it runs takes too long to load'), LOADING_MS_MAX).unref();
    } else if (atMs - asked.atMs > REPEAT_MS) leave(signal, 'again, before there was anything to end');
  };
  for (const signal of Object.keys(NUMBERS)) process.on(signal, hear);
  globalThis[Symbol.for('lastcall.earlyStop')] = () => {
    for (const signal of Object.keys(NUMBERS)) process.off(signal, hear);
    clearTimeout(limit);
    return asked;
  };
}

/** Nothing was opened, so nothing is left behind. */
function leave(signal, why) {
  process.stderr.write(`lastcall: ${signal} (${why}).\n`);
  process.exit(128 + NUMBERS[signal]);
}
