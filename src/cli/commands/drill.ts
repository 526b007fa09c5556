// `lastcall drill`: find out whether something shuts down cleanly.
import { defineCommand } from '../command.ts';
import { DRILL_OPTIONS } from '../drill/options.ts';

export const command = defineCommand({
  name: 'drill',
  summary: 'Find out whether a service shuts down cleanly',
  details: [
    'Puts a service under load, ends it in the middle of that, and says what became of every request, process, port and file. The verdict is clean (A, B), unclean (C, D, F) with the reasons, or invalid if the drill showed nothing. Exit code 0 only for clean with all assertions kept.',
    'Only loopback targets, unless --i-own-this-target. What it starts is gone afterwards.',
  ],
  arguments: [],
  options: DRILL_OPTIONS,
  settings: ['stateDir'],
  examples: [
    {
      line: "lastcall drill --cmd 'uvicorn app:app --port {port}' --http /predict --ready /readyz --rate 200",
      does: 'SIGTERM in the middle of 200 requests a second',
    },
    {
      line: "lastcall drill --cmd 'python3 -m http.server {port}' --trials 20 --assert 'dropped==0 && exitMs<5000' --json",
      does: 'Twenty times, for CI',
    },
  ],
  async run({ options, settings, output }) {
    const { drill } = await import('../../drill/index.ts');
    return drill(options, settings, output);
  },
});
