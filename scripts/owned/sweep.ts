// Finds processes by a mark in their environment, which children inherit: the way to find those that left their process
// group where there are no PID namespaces. Linux only; elsewhere nothing is found.
import { readdirSync, readFileSync } from 'node:fs';

export interface Found {
  pid: number;
  commandLine: string;
}

/** Processes other than this one whose environment has `name=value`. */
export function findMarked(name: string, value: string): Found[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => readProc(pid, 'environ').split('\0').includes(`${name}=${value}`))
    .map((pid) => ({ pid: Number(pid), commandLine: readProc(pid, 'cmdline').replaceAll('\0', ' ').trim() }))
    .filter(({ commandLine }) => commandLine !== ''); // a zombie, or gone by now
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // ended meanwhile, or somebody else's
  }
}
