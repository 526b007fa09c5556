// Finds processes by a mark in their environment, which children inherit: the way to find those that left their process
// group where there are no PID namespaces. Linux only; elsewhere nothing is found.
import { readdirSync, readFileSync } from 'node:fs';

export interface Found {
  pid: number;
  commandLine: string;
}

/** How long a process may take from one program to the next; on a busy machine it is put aside in the middle of it. */
const EXEC_MS_MAX = 5_000;
/** What is empty so often, outside of such a change, is empty. */
const EMPTY_MAX = 3;

/** Processes other than this one whose environment has `name=value`. */
export function findMarked(name: string, value: string): Found[] {
  if (process.platform !== 'linux') return [];
  const found = lookOnce(name, value);
  // One that was started while we looked, by one that has gone meanwhile, was in neither place.
  return found.length > 0 ? found : lookOnce(name, value);
}

function lookOnce(name: string, value: string): Found[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => environmentOf(pid).split('\0').includes(`${name}=${value}`))
    .map((pid) => ({ pid: Number(pid), commandLine: commandLineOf(pid) }))
    .filter(({ commandLine }) => commandLine !== ''); // a zombie, or gone by now
}

function environmentOf(pid: string): string {
  return afterExec(pid, () => readProc(pid, 'environ'));
}

function commandLineOf(pid: string): string {
  return afterExec(pid, () => readProc(pid, 'cmdline')?.replaceAll('\0', ' ').trim());
}

/** What is read of a process that is just changing its program is empty: it is read again. */
function afterExec(pid: string, read: () => string | undefined): string {
  const endMs = performance.now() + EXEC_MS_MAX;
  for (let empty = 0; empty < EMPTY_MAX && performance.now() < endMs;) {
    const text = read();
    if (text !== '') return text ?? '';
    const what = whatIs(pid);
    if (what === 'nothing') break;
    // The change may have been over before this second look.
    if (what === 'program') empty++;
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
  return '';
}

/** In the flags of a process. */
const KERNEL_THREAD = 0x00_20_00_00;

/** Between two programs a process has no environment, not even an empty one: its end (proc_pid_stat(5)) is not set. */
function whatIs(pid: string): 'nothing' | 'program' | 'between programs' {
  const stat = readProc(pid, 'stat') ?? '';
  // From the third field on; the second may contain anything.
  const fields = ['', '', ...stat.slice(stat.lastIndexOf(')') + 2).split(' ')];
  const [state = '', flags, environmentEnd] = [3, 9, 51].map((number) => fields[number - 1]);
  const isKernelThread = (Number(flags) & KERNEL_THREAD) !== 0;
  if (isKernelThread || state === '' || /[ZX]/i.test(state)) return 'nothing'; // or a zombie, or gone
  return environmentEnd === '0' ? 'between programs' : 'program';
}

/** `undefined`: ended meanwhile, or somebody else's. */
function readProc(pid: string, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return undefined;
  }
}
