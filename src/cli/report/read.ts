// Reads shutdown reports from files. They may come from other machines and from programs in other languages, so what
// is shown of them is checked, and text from them cannot move the cursor of a terminal.
import { closeSync, openSync, readSync } from 'node:fs';
import { LastcallError, messageOf } from '../../base/errors.ts';
import type { Report } from '../../lifecycle/index.ts';

const BYTES_MAX = 16 * 1024 * 1024;
const READ_BYTES = 64 * 1024;
const SCHEMA = 'lastcall.report/1';

/** @throws LastcallError `usage` if the file is no report, `io` if it cannot be read */
export function readReport(path: string): Report {
  let value: unknown;
  try {
    value = JSON.parse(readBounded(path), withoutControls);
  } catch (error) {
    if (error instanceof LastcallError) throw error;
    if (!(error instanceof SyntaxError)) {
      throw new LastcallError('io', { what: messageOf(error), on: path, todo: 'Check the path.', cause: error });
    }
    throw notAReport(path, `this is not JSON (${messageOf(error)})`);
  }
  const wrong = problemOf(value);
  if (wrong !== undefined) throw notAReport(path, wrong);
  return value as Report;
}

function readBounded(path: string): string {
  const file = path === '-' ? 0 : openSync(path, 'r');
  try {
    const parts: Buffer[] = [];
    // A pipe or a device does not tell its size, and may never end.
    for (let bytes = 0; ;) {
      const part = Buffer.alloc(READ_BYTES);
      const length = readSync(file, part);
      if (length === 0) return Buffer.concat(parts).toString('utf8');
      bytes += length;
      if (bytes > BYTES_MAX) throw notAReport(path, `this file is larger than ${BYTES_MAX} bytes`);
      parts.push(part.subarray(0, length));
    }
  } finally {
    if (file !== 0) closeSync(file);
  }
}

function withoutControls(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ') : value;
}

/** The first thing that is missing of what rendering needs, or undefined. */
function problemOf(value: unknown): string | undefined {
  const report = value as Partial<Report> | null;
  if (typeof report !== 'object' || report === null) return 'this is not a JSON object';
  if (report.schema !== SCHEMA) return `its schema is ${JSON.stringify(report.schema ?? null)}, not ${SCHEMA}`;
  const objects = ['unit', 'cause', 'budget', 'work', 'released'] as const;
  const missing = objects.find((name) => typeof report[name] !== 'object' || report[name] === null);
  if (missing) return `its ${missing} is missing`;
  if (!Array.isArray(report.stages) || !Array.isArray(report.parts)) return 'its stages or parts are missing';
  if (!Number.isInteger(report.exitCode) || typeof report.outcome !== 'string') return 'its outcome is missing';
  const isStage = (stage: unknown): boolean => typeof stage === 'object' && stage !== null && 'name' in stage;
  if (!report.stages.every(isStage)) return 'one of its stages is none';
  if (!Array.isArray(report.work?.lostIds ?? [])) return 'work.lostIds is no list';
  const counts = ['accepted', 'finished', 'returned', 'lost', 'unknown'] as const;
  const noNumber = counts.find((name) => !Number.isFinite(report.work?.[name]));
  if (noNumber) return `work.${noNumber} is not a number`;
  for (const part of report.parts) {
    const wrong = problemOf(part);
    if (wrong !== undefined) return `in a part, ${wrong}`;
  }
  return undefined;
}

function notAReport(path: string, what: string): LastcallError {
  return new LastcallError('usage', {
    what,
    on: path,
    todo: 'Name a shutdown report; units write them to reports/ in the state directory.',
  });
}
