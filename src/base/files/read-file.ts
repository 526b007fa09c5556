// Reading through the same port that is written through, so that tests of durable code see one disk.
import { fileError } from './file-error.ts';
import type { FileLayer } from './layer.ts';
import { io, runAsync, withFile } from './steps.ts';
import type { Steps } from './steps.ts';
import { systemFiles } from './system-files.ts';

const CHUNK_BYTES = 2 ** 20;

/** The whole content; null if there is no such file. @throws LastcallError `io` */
export async function readFileIfThere(path: string, files: FileLayer = systemFiles): Promise<Uint8Array | null> {
  try {
    const stat = await runAsync(files, io.stat(path));
    return stat && (await runAsync(files, readSteps(path, stat.size)));
  } catch (error) {
    throw fileError(error, path);
  }
}

/** The content in pieces of at most 1 MiB, each valid until the next is asked for. @throws LastcallError `not_found`, `io` */
export async function* readFileChunks(path: string, files: FileLayer = systemFiles): AsyncGenerator<Uint8Array, void> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  try {
    const file = await runAsync(files, io.open(path, 'r', 0));
    try {
      for (let position = 0; ;) {
        const count = await runAsync(files, io.read(file, chunk, position));
        if (count === 0) return;
        position += count;
        yield chunk.subarray(0, count);
      }
    } finally {
      await runAsync(files, io.close(file));
    }
  } catch (error) {
    throw fileError(error, path);
  }
}

function* readSteps(path: string, size: number): Steps<Uint8Array> {
  return yield* withFile(path, 'r', 0, function* (file) {
    const content = new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
      const count = yield* io.read(file, content.subarray(filled), filled);
      if (count === 0) break;
      filled += count;
    }
    return content.subarray(0, filled);
  });
}
