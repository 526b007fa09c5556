// Durable files. `testing/` holds the failing layer and the simulated disk, for tests only.
export { AppendFile } from './append-file.ts';
export { claimFile, claimFileSync } from './claim.ts';
export { ensureDirectory, ensureDirectorySync, syncDirectory } from './directory.ts';
export { fileError } from './file-error.ts';
export type { AsyncFileOperations, FileKind, FileLayer, FileOperations, FileStat, OpenFlags } from './layer.ts';
export { publishDirectory } from './publish.ts';
export { readFileChunks, readFileIfThere } from './read-file.ts';
export { listIfThere, removeFileDurably } from './remove.ts';
export { systemFiles } from './system-files.ts';
export { removeLeftovers } from './temporary.ts';
export { writeFileDurably, writeFileDurablySync } from './write-file.ts';
export type { WriteOptions } from './write-file.ts';
