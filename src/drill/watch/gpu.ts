// Processes on GPUs, as nvidia-smi tells them.
import { execFile } from 'node:child_process';

const ANSWER_MS_MAX = 10_000;

/** Process ids on any GPU; null where there is no nvidia-smi, or it fails. */
export function gpuProcesses(): Promise<number[] | null> {
  return new Promise((resolve) => {
    const args = ['--query-compute-apps=pid', '--format=csv,noheader,nounits'];
    execFile('nvidia-smi', args, { timeout: ANSWER_MS_MAX, encoding: 'utf8' }, (error, stdout) => {
      if (error) return resolve(null);
      resolve(
        stdout
          .split('\n')
          .map(Number)
          .filter((pid) => Number.isSafeInteger(pid) && pid > 0),
      );
    });
  });
}
