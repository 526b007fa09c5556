// What the commands `lastcall drill …` start. Nothing else sees this folder.
export { drill, drillMatrix } from './command/run.ts';
export { compareReports } from './compare.ts';
