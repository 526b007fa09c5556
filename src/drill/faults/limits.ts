// Faults made of resource limits, lowered while the target runs (prlimit(1)): no file descriptors, no memory.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Fault } from './fault.ts';

const PAGE_BYTES = 4_096;
const MEMORY_LEFT_BYTES = 4 * 1024 * 1024;

export const noFiles: Fault = {
  needs: { programs: ['prlimit'] },
  // The limit is the lowest number that is free: what is open stays open and works, and nothing more can be opened.
  begin: ({ target }) => limitEach(target.processes(), (pid) => ['nofile', lowestFree(pid)]),
};

export const noMemory: Fault = {
  needs: { programs: ['prlimit'] },
  begin: ({ target }) => limitEach(target.processes(), (pid) => ['as', mappedBytes(pid) + MEMORY_LEFT_BYTES]),
};

/** Only the soft limit is lowered, so that it can be raised again. */
function limitEach(rows: readonly { pid: number }[], limitOf: (pid: number) => readonly [string, number]): () => void {
  const lowered = rows.flatMap(({ pid }) => {
    try {
      const [name, limit] = limitOf(pid);
      const { status } = spawnSync('prlimit', ['--pid', String(pid), `--${name}=${limit}:`], { stdio: 'ignore' });
      return status === 0 ? [{ pid, name }] : [];
    } catch {
      return []; // it has just ended
    }
  });
  return () => {
    for (const { pid, name } of lowered) {
      spawnSync('prlimit', ['--pid', String(pid), `--${name}=${hardLimit(pid, name)}:`], { stdio: 'ignore' });
    }
  };
}

function lowestFree(pid: number): number {
  const used = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let free = 0;
  while (used.has(free)) free += 1;
  return free;
}

function mappedBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[0]) * PAGE_BYTES;
}

/** proc(5), limits: name, soft, hard, unit in columns. */
function hardLimit(pid: number, name: string): string {
  const title = name === 'as' ? 'Max address space' : 'Max open files';
  try {
    const line = readFileSync(`/proc/${pid}/limits`, 'latin1')
      .split('\n')
      .find((text) => text.startsWith(title));
    return line?.slice(title.length).trim().split(/\s+/)[1] ?? 'unlimited';
  } catch {
    return 'unlimited'; // gone, so nothing is set
  }
}
