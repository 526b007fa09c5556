// Prometheus and its promtool, from Debian: reads our metrics as others will. The web pages' libraries are left out.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debian } from './sources/debian.ts';
import type { Service } from './types.ts';

export const prometheus: Service = {
  name: 'prometheus',
  source: debian({ packages: ['prometheus'], without: /^(libjs-|fonts-)/ }),
  server: {
    async command({ run, port }) {
      const config = join(run, 'prometheus.yml');
      await writeFile(config, 'global: { scrape_interval: 1s }\n');
      const storage = `--storage.tsdb.path=${join(run, 'data')}`;
      return {
        program: 'prometheus',
        args: [`--config.file=${config}`, storage, `--web.listen-address=127.0.0.1:${port}`, '--web.enable-lifecycle'],
      };
    },
    ready: async ({ port }) => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok,
    readyMsMax: 30_000,
  },
};
