// The command under `lastcall run` and its peers: says when it is up, when a signal reached it, and when it is about to end, in
// nanoseconds of the machine's monotonic clock, which all processes share.
const now = () => process.hrtime.bigint().toString();
process.on('SIGTERM', () => {
  process.stdout.write(`got ${now()}\n`, () => {
    process.stdout.write(`end ${now()}\n`, () => process.exit(0));
  });
});
setInterval(() => {}, 1_000);
process.stdout.write(`up ${now()}\n`);
