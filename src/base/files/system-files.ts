// The machine's own file system as a FileLayer.
import fs from 'node:fs';
import { promisify } from 'node:util';

import type { FileKind, FileLayer, FileStat } from './layer.ts';

const open = promisify(fs.open);
const truncate = promisify(fs.ftruncate);
const sync = promisify(fs.fsync);
const close = promisify(fs.close);
const read = promisify(fs.read);
const write = promisify(fs.write);

export const systemFiles: FileLayer = {
  sync: {
    open: (path, flags, mode) => fs.openSync(path, flags, mode),
    read: (file, into, position) => fs.readSync(file, into, 0, into.length, position),
    write: (file, bytes, position) => fs.writeSync(file, bytes, 0, bytes.length, position),
    truncate: (file, length) => fs.ftruncateSync(file, length),
    sync: (file) => fs.fsyncSync(file),
    close: (file) => fs.closeSync(file),
    stat: (path) => statOf(fs.statSync(path, { throwIfNoEntry: false })),
    list: (path) => fs.readdirSync(path),
    mkdir: (path, mode) => fs.mkdirSync(path, { mode }),
    rmdir: (path) => fs.rmdirSync(path),
    rename: (from, to) => fs.renameSync(from, to),
    link: (from, to) => fs.linkSync(from, to),
    unlink: (path) => fs.unlinkSync(path),
  },
  async: {
    open: (path, flags, mode) => open(path, flags, mode),
    read: async (file, into, position) => (await read(file, into, 0, into.length, position)).bytesRead,
    write: async (file, bytes, position) => (await write(file, bytes, 0, bytes.length, position)).bytesWritten,
    truncate: (file, length) => truncate(file, length),
    sync: (file) => sync(file),
    close: (file) => close(file),
    stat: async (path) => statOf(await fs.promises.stat(path).catch(undefinedIfAbsent)),
    list: (path) => fs.promises.readdir(path),
    mkdir: (path, mode) => fs.promises.mkdir(path, { mode }),
    rmdir: (path) => fs.promises.rmdir(path),
    rename: (from, to) => fs.promises.rename(from, to),
    link: (from, to) => fs.promises.link(from, to),
    unlink: (path) => fs.promises.unlink(path),
  },
};

function statOf(stats: fs.Stats | undefined): FileStat | null {
  if (!stats) return null;
  const kind: FileKind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
  return { kind, size: stats.size };
}

function undefinedIfAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
