// What a finished run left behind, compared with an undisturbed one: from its database, by SQL, not from its own words.
import { Outputs } from '../../cli/demo/stream/outputs.ts';
import { hashState } from '../../cli/demo/stream/state-hash.ts';

export interface Fingerprint {
  readonly outputs: string;
  readonly model: string;
  readonly state: string;
}

export interface RunAudit extends Fingerprint {
  readonly lost: number;
  /** Rows beyond the first one of a record, and rows of records that there are none of. */
  readonly doubled: number;
}

export function auditRun(database: string, records: number): RunAudit {
  const outputs = new Outputs(database);
  try {
    const audit = outputs.audit(records);
    const hashes = hashState(database);
    return {
      outputs: audit.sha256,
      model: hashes.model,
      state: hashes.all,
      lost: audit.lost,
      doubled: audit.doubled + audit.foreign,
    };
  } finally {
    outputs.close();
  }
}

/** What differs from the undisturbed run, in words; empty if nothing does. */
export function differences(run: RunAudit, undisturbed: Fingerprint): string[] {
  const found: string[] = [];
  if (run.lost > 0) found.push(`${run.lost} records lost`);
  if (run.doubled > 0) found.push(`${run.doubled} outputs doubled`);
  if (run.model !== undisturbed.model) found.push('the model differs');
  if (run.state !== undisturbed.state) found.push('the state differs');
  if (run.outputs !== undisturbed.outputs) found.push('the outputs differ');
  return found;
}
