// Says where a proxy or a server of the benchmark listens.
export function tell(port: number): void {
  process.stdout.write(`listening ${port}\n`);
}

/** Where a proxy forwards to. */
export function target(): string {
  return process.env['BENCH_TARGET'] ?? '';
}
