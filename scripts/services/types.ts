// What a service for tests and benchmarks is: where it comes from, and, if it is a server, how it starts.

/** Reports a step to whoever watches. */
export type Say = (text: string) => void;

/** A way to get programs into a folder of ours, never into the system. */
export interface Source {
  /** What is fetched, in words that change when it does: an install with other words is done anew. */
  readonly contents: string;
  /** Why this machine cannot have it, whatever the network does; undefined if it can. */
  impossible(): string | undefined;
  /** Fills `folder`, which is empty. Resolves to the version that came. */
  fetch(folder: string, say: Say): Promise<string>;
  /** Where the programs are, given the folder. */
  binaries(folder: string): readonly string[];
  /** Variables that the programs need. */
  environment(folder: string): Readonly<Record<string, string>>;
}

/** How the service runs as a process on loopback. */
export interface Server {
  /** Writes what it needs into `run`, an empty folder of this one run, and names the program with its arguments. */
  command(at: { run: string; port: number }): Promise<{ program: string; args: readonly string[] }>;
  /** Whether it answers now; a rejection counts as no. */
  ready(at: { run: string; port: number }): Promise<boolean>;
  /** How long it may take to answer. */
  readyMsMax: number;
}

export interface Service {
  readonly name: string;
  readonly source: Source;
  /** Absent: only programs, no server. */
  readonly server?: Server;
}
