// A ban of our own, for what no tool of ours looks at: it sees every file that Git knows or would take.

export interface RepositoryFile {
  /** With `/`, from the root of the repository. */
  path: string;
  /** Empty for a binary file. */
  text: string;
}

export interface Offence {
  /** `path` or `path:line`. */
  on: string;
  what: string;
}

export type Ban = (files: readonly RepositoryFile[]) => Offence[];

/** A ban on lines that match. */
export function banLines(pattern: RegExp, what: string): Ban {
  return (files) =>
    files.flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, index) => (pattern.test(line) ? [{ on: `${path}:${index + 1}`, what }] : [])),
    );
}
