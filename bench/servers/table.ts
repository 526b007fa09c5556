// Real servers, as they come: how each is started, and what is asked of it. `npm run drill:servers` makes the table of
// docs/drill.md of them.
import { fileURLToPath } from 'node:url';

const place = (name: string): string => fileURLToPath(new URL(`./programs/${name}`, import.meta.url));
const node = `${process.execPath} --disable-warning=ExperimentalWarning`;

export interface DrilledServer {
  readonly name: string;
  /** Service of scripts/services that has its programs; null: node_modules, or the system. */
  readonly service: 'python-servers' | 'ml-servers' | 'nginx' | null;
  readonly command: string;
  /** More words of `lastcall drill`. */
  readonly words: readonly string[];
}

export const SERVERS: readonly DrilledServer[] = [
  { name: 'python http.server', service: null, command: `python3 ${place('slow_handler.py')} {port}`, words: [] },
  {
    name: 'uvicorn',
    service: 'python-servers',
    command: `uvicorn --app-dir ${place('.')} app:app --port {port} --log-level warning`,
    words: [],
  },
  {
    name: 'uvicorn --workers 2',
    service: 'python-servers',
    command: `uvicorn --app-dir ${place('.')} app:app --port {port} --log-level warning --workers 2`,
    words: [],
  },
  {
    name: 'gunicorn (2 sync workers)',
    service: 'python-servers',
    command: `gunicorn --chdir ${place('.')} app:application -b 127.0.0.1:{port} -w 2 --log-level warning`,
    words: ['--rate', '8'],
  },
  {
    name: 'gunicorn (2 × 8 threads)',
    service: 'python-servers',
    command: `gunicorn --chdir ${place('.')} app:application -b 127.0.0.1:{port} -w 2 --threads 8 --log-level warning`,
    words: [],
  },
  {
    name: 'hypercorn',
    service: 'python-servers',
    command: `hypercorn ${place('app.py')}:app -b 127.0.0.1:{port} --log-level warning`,
    words: [],
  },
  { name: 'Fastify', service: null, command: `${node} ${place('nodes.js')} fastify {port}`, words: [] },
  { name: 'Express', service: null, command: `${node} ${place('nodes.js')} express {port}`, words: [] },
  {
    name: 'Express + terminus',
    service: null,
    command: `${node} ${place('nodes.js')} express-terminus {port}`,
    words: ['--ready', '/readyz'],
  },
  {
    name: 'Express + lightship',
    service: null,
    command: `${node} ${place('nodes.js')} express-lightship {port} {health}`,
    words: ['--ready', 'http://127.0.0.1:{health}/ready', '--live', 'http://127.0.0.1:{health}/live'],
  },
  {
    name: 'unit of Lastcall',
    service: null,
    command: `${node} ${place('nodes.js')} lastcall {port} {health} {dir}`,
    words: ['--ready', '/readyz'],
  },
  { name: 'nginx (TERM)', service: 'nginx', command: `${node} ${place('nginx.js')} {port} {dir}`, words: [] },
  {
    name: 'nginx (QUIT)',
    service: 'nginx',
    command: `${node} ${place('nginx.js')} {port} {dir}`,
    words: ['--signal', 'QUIT'],
  },
  {
    name: 'mlflow server',
    service: 'ml-servers',
    command:
      'mlflow server --host 127.0.0.1 --port {port} --backend-store-uri sqlite:///{dir}/mlflow.db --artifacts-destination {dir}',
    words: ['--http', '/version', '--ready', '/health', '--ready-within', '3m', '--deadline', '60s', '--rate', '10'],
  },
  {
    name: 'tensorboard',
    service: 'ml-servers',
    command: 'tensorboard --logdir {dir} --host 127.0.0.1 --port {port}',
    words: ['--http', '/data/environment', '--ready-within', '3m'],
  },
  {
    name: 'jupyter server',
    service: 'ml-servers',
    command:
      'jupyter server --allow-root --no-browser --ip=127.0.0.1 --port={port} --ServerApp.root_dir={dir} --IdentityProvider.token=x',
    words: ['--http', '/api/status?token=x', '--ready-within', '3m'],
  },
];
