// Services of compose, tasks of Nomad and containers of ECS: a program with the settings around it.
import type { Span } from '../source/source.ts';
import type { Tree } from '../tree/tree.ts';
import type { Program } from './program.ts';

export interface ComposeService {
  readonly name: string;
  /** Where the service is declared with its image or build. */
  readonly span: Span;
  /** The declaration itself, where a setting would be added. */
  readonly tree: Tree;
  readonly program: Program;
  /** A setting as the files together have it: the last file that has it wins. */
  readonly get: (...path: readonly string[]) => Tree;
}

export interface NomadTask {
  readonly job: Tree;
  readonly group: Tree;
  readonly tree: Tree;
  readonly name: string;
  readonly driver: string | undefined;
  readonly jobType: string;
  readonly program: Program;
  readonly partial: boolean;
  /** Spelling of settings: HCL and HCL as JSON, or the JSON of the API. */
  readonly spelling: 'hcl' | 'api';
}

export interface EcsContainer {
  readonly definition: Tree;
  readonly tree: Tree;
  readonly name: string;
  readonly program: Program;
  readonly isFargate: boolean;
  readonly isEssential: boolean;
  /** Spelling of settings: JSON of the API, or CloudFormation. */
  readonly key: (name: string) => Tree;
}
