// What a reader needs beside the file itself: whether the file is complete, what was told about it, and the files around.
import type { Source } from '../source/source.ts';
import type { Image } from '../subjects/image.ts';

export interface Reading {
  readonly source: Source;
  /** The file is a template, so what is missing may still be filled in. */
  readonly partial: boolean;
  /** Longest request that a comment tells for a place in the file, or that was given on the command line. */
  longestRequestMs(offset: number): number | undefined;
  /** What a comment in the file tells of the handler for SIGTERM. */
  readonly handlesSigterm: boolean | undefined;
  /** The image that a Dockerfile of this run builds under that name, if exactly one does. */
  imageNamed(name: string): Image | undefined;
  /** Remembers that the image's own command is started by what this file says. */
  use(image: Image): void;
  /** Text of a file beside this one; undefined if there is none, or it is too large, or lies outside. */
  beside(path: string): { readonly source: Source } | undefined;
}
