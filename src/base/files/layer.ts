// The port of durable code to the file system: the few operations it uses, so that tests can put a failing device or a
// simulated disk with power loss in the place of the real one. Errors carry the system's `code` (`ENOSPC`, `EIO`, …).

export type FileKind = 'file' | 'directory' | 'other';

export interface FileStat {
  readonly kind: FileKind;
  readonly size: number;
}

/** How a file is opened: to read (files and directories), to read and write, or created (`EEXIST` if it is there). */
export type OpenFlags = 'r' | 'r+' | 'wx+';

/** Each operation is one I/O step. `file` is an open file's number. Names follow the system calls. */
export interface FileOperations {
  open(path: string, flags: OpenFlags, mode: number): number;
  /** Bytes read, 0 at the end. */
  read(file: number, into: Uint8Array, position: number): number;
  /** Bytes written, which may be fewer than asked for. */
  write(file: number, bytes: Uint8Array, position: number): number;
  truncate(file: number, length: number): void;
  /** fsync: what was written to the file, or changed in the directory, is on the device when this returns. */
  sync(file: number): void;
  close(file: number): void;
  /** Follows links; null if there is nothing. */
  stat(path: string): FileStat | null;
  list(path: string): readonly string[];
  mkdir(path: string, mode: number): void;
  rmdir(path: string): void;
  rename(from: string, to: string): void;
  /** A second name for a file; `EEXIST` if the name is taken. */
  link(from: string, to: string): void;
  unlink(path: string): void;
}

export type OperationName = keyof FileOperations;

export const OPERATION_NAMES = [
  'open',
  'read',
  'write',
  'truncate',
  'sync',
  'close',
  'stat',
  'list',
  'mkdir',
  'rmdir',
  'rename',
  'link',
  'unlink',
] as const satisfies readonly OperationName[];

/** The same operations, each as a promise. */
export type AsyncFileOperations = {
  readonly [Name in OperationName]: (
    ...args: Parameters<FileOperations[Name]>
  ) => Promise<ReturnType<FileOperations[Name]>>;
};

/** A file system: blocking for what runs at exit, asynchronous for everything else. */
export interface FileLayer {
  readonly sync: FileOperations;
  readonly async: AsyncFileOperations;
}
