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

/** One run of a server. */
export interface Place {
  /** Where the service is installed. */
  folder: string;
  /** Environment of its programs, which are on its PATH. */
  env: NodeJS.ProcessEnv;
  /** An empty folder of this one run; it is removed afterwards. */
  run: string;
  port: number;
}

/** How the service runs as a process on loopback. */
export interface Server {
  /** Writes what it needs into `run`, and names the program with its arguments. */
  command(at: Place): Promise<{ program: string; args: readonly string[] }>;
  /** Whether it answers now; a rejection counts as no. */
  ready(at: Place): Promise<boolean>;
  /** How long it may take to answer. */
  readyMsMax: number;
}

export interface Service {
  readonly name: string;
  readonly source: Source;
  /** Absent: only programs, no server. */
  readonly server?: Server;
}
