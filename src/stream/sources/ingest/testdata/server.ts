// A process that accepts records until it is killed. argv: directory. Its address is the first line on stdout.
import type { SourceContext } from '../../../ports.ts';
import { httpIngest } from '../ingest.ts';

const onListening = (url: string): void => void process.stdout.write(`${url}\n`);
const source = await httpIngest({ port: 0, idField: 'n', onListening }).open({ directory: process.argv[2]! } as SourceContext);
await source.read(0, [], 1, new AbortController().signal);
