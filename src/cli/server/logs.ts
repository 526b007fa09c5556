// Prints what a job printed.
import type { LogPiece } from '../../server/index.ts';
import type { Settings } from '../command.ts';
import type { Output } from '../output.ts';
import { clientOf } from './client.ts';

export interface LogsWords {
  readonly follow: boolean;
  readonly stderr: boolean;
  readonly member: string | undefined;
  readonly attempt: number | undefined;
  readonly tail: number | undefined;
}

export async function logs(id: string, words: LogsWords, settings: Settings, output: Output): Promise<number> {
  const client = clientOf(settings);
  const stream = words.stderr ? 'stderr' : 'stdout';
  const { member, attempt } = words;
  let from = words.tail === undefined ? 0 : -words.tail;
  if (words.follow) {
    const stop = new AbortController();
    process.once('SIGINT', () => stop.abort());
    try {
      for await (const piece of client.followLog(id, { stream, member, attempt, from }, stop.signal))
        print(piece, output);
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
    return 0;
  }
  for (;;) {
    const piece = await client.log(id, { stream, member, attempt, from });
    if (!piece || piece.bytes.length === 0) return 0;
    print(piece, output);
    from = piece.from + piece.bytes.length;
  }
}

function print({ from, bytes }: LogPiece, output: Output): void {
  if (output.format === 'json') output.result({ from, text: bytes.toString('utf8') }, () => '');
  else process.stdout.write(bytes);
}
