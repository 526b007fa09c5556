// What a finding is called when lines move: its file, its rule and what it says, without numbers of lines.
import type { Finding } from './finding.ts';

export function fingerprintOf({ at, rule, what }: Finding): string {
  return `${at.source.path}\n${rule}\n${what}`;
}
