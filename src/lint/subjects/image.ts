// What a Dockerfile says of the image that it builds, as far as the ending of a container depends on it.
import type { Source, Span } from '../source/source.ts';

/** CMD, ENTRYPOINT or SHELL as written. */
export interface CommandInstruction {
  readonly keyword: string;
  /** The words of the exec form; undefined for the shell form. */
  readonly words: readonly string[] | undefined;
  /** The arguments as one line. */
  readonly text: string;
  /** It begins with `[` and is no JSON: docker takes it as the shell form. */
  readonly brokenJson: boolean;
  readonly span: Span;
  readonly argumentsSpan: Span;
}

export interface Copied {
  readonly from: readonly string[];
  readonly to: string;
}

export interface Image {
  readonly source: Source;
  /** Name of the stage that is built; undefined for one without a name. */
  readonly stage: string | undefined;
  /** Where the stage begins. */
  readonly fromSpan: Span;
  /** The image that everything is built upon, from outside of this file; undefined if an ARG without default names it. */
  readonly base: string | undefined;
  readonly command: CommandInstruction | undefined;
  readonly entrypoint: CommandInstruction | undefined;
  readonly shell: CommandInstruction | undefined;
  readonly stopSignal: { readonly value: string | undefined; readonly span: Span } | undefined;
  readonly environment: ReadonlyMap<string, { readonly value: string; readonly span: Span }>;
  readonly exposes: boolean;
  readonly workdir: string;
  readonly copied: readonly Copied[];
  /** All RUN lines as one text: what was installed. */
  readonly ran: string;
}
