// Which gateway a command speaks to, and how.
import type { ControlClient } from '../../lifecycle/control/client.ts';
import type { Settings } from '../command.ts';
import { withUnit } from '../units/connect.ts';

export const GATEWAY_OPTION = {
  gateway: {
    kind: { type: 'text', placeholder: 'NAME' },
    describe: 'Name of the gateway, as its file has it',
    fallback: 'gateway',
  },
} as const;

export function withGateway<Answer>(
  name: string | undefined,
  settings: Settings,
  ask: (gateway: ControlClient) => Promise<Answer>,
): Promise<Answer> {
  return withUnit(name ?? 'gateway', settings, ask);
}

/** One part of a route's path. */
export function part(text: string): string {
  return encodeURIComponent(text);
}
