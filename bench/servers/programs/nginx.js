// Writes what nginx serves and its configuration, then becomes nginx: `node nginx.js PORT DIR`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const [port, directory] = process.argv.slice(2);
mkdirSync(join(directory, 'www'), { recursive: true });
writeFileSync(join(directory, 'www', 'index.html'), Buffer.alloc(300_000, 'x'));
const config = readFileSync(new URL('./nginx.conf', import.meta.url), 'utf8');
const file = join(directory, 'nginx.conf');
writeFileSync(file, config.replaceAll('@PORT@', port).replaceAll('@DIR@', directory));
const nginx = process.env.PATH.split(delimiter)
  .map((it) => join(it, 'nginx'))
  .find((it) => existsSync(it));
if (nginx === undefined) throw new Error('nginx is not on the PATH');
process.execve(nginx, ['nginx', '-e', 'stderr', '-c', file], process.env);
