// Names within a pipeline's directory.
import { join } from 'node:path';

export const DATABASE = 'state.db';

/** Where states are kept whose place an archive took, for whoever wants to look. */
export const SET_ASIDE = 'set-aside';

/** The directory of a pipeline within a state directory. */
export function pipelineDirectory(stateDir: string, pipeline: string): string {
  return join(stateDir, 'pipelines', pipeline);
}
