// What `lastcall verify` finds, for people and as JSON: one object a state.
import { resolve } from 'node:path';
import { statesAt, type Verdict, verifyState } from '../../stream/index.ts';
import type { Output } from '../output.ts';
import { count, table } from '../text.ts';
import { loadPipeline } from './load-pipeline.ts';

export interface VerifyRequest {
  readonly depth: 'quick' | 'deep';
  /** Module with the pipeline to check it against. */
  readonly pipelineFile: string | undefined;
}

/** @returns the exit code: that of the first state that cannot be gone on from */
export async function verifyPath(path: string, request: VerifyRequest, output: Output): Promise<number> {
  const pipeline = request.pipelineFile === undefined ? undefined : await loadPipeline(request.pipelineFile);
  let exitCode = 0;
  for (const state of statesAt(resolve(path))) {
    const verdict = await verifyState(state, { depth: request.depth, ...(pipeline === undefined ? {} : { pipeline }) });
    exitCode ||= verdict.exitCode;
    output.result(verdict, () => renderVerdict(verdict, output));
  }
  return exitCode;
}

function renderVerdict(verdict: Verdict, output: Output): string {
  const { usable, holding, archives, fallback, depth } = verdict;
  const checks = verdict.checks.map(({ name, result, detail }) => [
    result === 'failed' ? output.paint('red', 'FAILED') : result,
    name,
    detail,
  ]);
  const held =
    holding === null
      ? []
      : [`holds ${count(holding.row.records)} records of ${holding.pipeline}, epoch ${holding.row.epoch}`];
  const listed = archives.map(({ id, manifest, damage }) => {
    const records = manifest === null ? '' : `${count(manifest.records)} records`;
    return ['', id, records, damage ?? 'ok'];
  });
  const end = usable
    ? output.paint('green', `A start goes on from here (${depth} check).`)
    : output.paint('red', `A start does not go on from here: ${fallbackOf(fallback)}`);
  return [
    verdict.path,
    table(checks),
    ...held,
    ...(listed.length > 0 ? ['archives', table(listed, [2])] : []),
    end,
  ].join('\n');
}

function fallbackOf(fallback: string | null): string {
  if (fallback === null) return 'no archive can be used either, so it would be refused (106). Nothing was touched.';
  return `it would fall back to ${fallback}.`;
}
