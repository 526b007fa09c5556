import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RULES } from './index.ts';

const PAGE = fileURLToPath(new URL('../../docs/lint.md', import.meta.url));

test('docs/lint.md lists the rules as the table has them (write it anew with --test-update-snapshots)', async (context) => {
  const page = await readFile(PAGE, 'utf8');
  const rows = RULES.map(({ id, severity, title, source }) => `| [\`${id}\`](${source}) | ${severity} | ${title} |`);
  const table = ['| rule | severity | what it finds |', '|---|---|---|', ...rows].join('\n');
  const expected = page.replace(
    /(<!-- rules: [^\n]*-->\n\n)[^]*?\n?(<!-- end of rules -->)/,
    (_, start: string, end: string) => `${start}${table}\n\n${end}`,
  );
  context.assert.fileSnapshot(expected, PAGE, { serializers: [String] });
});
