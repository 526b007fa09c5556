// Keys of the server.
import type { Role } from '../../server/index.ts';
import type { Settings } from '../command.ts';
import type { Output } from '../output.ts';
import { table } from '../text.ts';
import { clientOf } from './client.ts';

export async function listKeys(settings: Settings, output: Output): Promise<number> {
  const { keys } = await clientOf(settings).keys();
  if (output.format === 'json') for (const key of keys) output.result(key, () => '');
  else {
    const rows = keys.map(({ id, owner, role, createdAt }) => [id, owner, role, createdAt]);
    output.result(null, () => table([['KEY', 'OWNER', 'ROLE', 'MADE'], ...rows]));
  }
  return 0;
}

export async function createKey(owner: string, role: Role, settings: Settings, output: Output): Promise<number> {
  const made = await clientOf(settings).createKey(owner, role);
  output.result(made, () => made.key);
  output.note(`${made.id}: ${role} for ${owner}. The key is not shown again.`);
  return 0;
}

export async function revokeKey(id: string, settings: Settings, output: Output): Promise<number> {
  await clientOf(settings).revokeKey(id);
  output.result({ id, revoked: true }, () => `${id} is revoked.`);
  return 0;
}
