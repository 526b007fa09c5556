// A program that some platform starts and ends: what all platforms have in common. Rules that are about a process and its
// signal, and not about where it runs, look at these.
import type { Span } from '../source/source.ts';
import type { ImageFacts } from '../known/images.ts';
import type { Launch } from './launch.ts';

export type PlatformName = 'kubernetes' | 'compose' | 'nomad' | 'ecs' | 'systemd' | 'dockerfile';

export interface Variable {
  /** Undefined if it comes from elsewhere (a secret, a template). */
  readonly value: string | undefined;
  readonly span: Span;
}

export interface Grace {
  /** Time from the request to the kill; Infinity if none comes; null if it is filled in later. */
  readonly ms: number | null;
  /** Where it is written; undefined for the platform's default. */
  readonly span: Span | undefined;
  /** What the setting is called there. */
  readonly setting: string;
}

export interface Program {
  readonly platform: PlatformName;
  /** `container web of Deployment shop`, for messages. */
  readonly label: string;
  /** Where the program is declared; findings about what is missing point here. */
  readonly span: Span;
  /** What is started; undefined if that is not known. */
  readonly launch: Launch | undefined;
  /** Where the command is written: in another file than `span` if it comes from the Dockerfile beside it. */
  readonly launchSpan: Span;
  readonly image: string | undefined;
  /** What the image is built upon, or the image itself where that is not known. */
  readonly base: string | undefined;
  readonly facts: ImageFacts;
  readonly environment: ReadonlyMap<string, Variable>;
  /** Null for a Dockerfile alone: nobody knows yet where it will run. */
  readonly grace: Grace | null;
  /** Time that passes before the signal is sent. */
  readonly preStopMs: number;
  readonly signal: { readonly value: string; readonly span: Span } | undefined;
  /** It is the first process of its container. */
  readonly isFirstProcess: boolean;
  /** The platform puts a reaping init before it; null if that cannot be known. */
  readonly hasInit: boolean | null;
  readonly role: 'server' | 'job';
  /** Parts of the file are filled in later: what is missing may come from there. */
  readonly partial: boolean;
  /** Longest request that was told for this program or its file. */
  readonly longestRequestMs: number | undefined;
  /** What a comment in the file tells of the program's handler for SIGTERM. */
  readonly handlesSigterm: boolean | undefined;
  /** Texts of program sources that lie beside it and that it starts. */
  readonly code: string | undefined;
  readonly codeSpan: Span | undefined;
}
