// The service of the proof, as a command line for tests of the drill itself.
import { fileURLToPath } from 'node:url';

const SERVICE = fileURLToPath(new URL('../proof/testdata/service.ts', import.meta.url));

/** @param mistake of proof/mistakes.ts; `none` for none */
export function serviceCommand(mistake: string): string {
  return `${process.execPath} ${SERVICE} ${mistake} {port} {health} {dir}`;
}
