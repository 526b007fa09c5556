// What a root unit needs only after the program has made it: its files, the watchdog, the rehearsal. Apart from the rest
// because it would add half to what `import 'lastcall'` costs. Loaded by load-late.ts.
export { Disk } from './disk.ts';
export { rehearse } from './rehearsal.ts';
export { WatchLink } from './watch-link.ts';
