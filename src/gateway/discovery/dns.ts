// Instances by DNS: SRV records (RFC 2782: of the records with the best priority, weights as shares), or the addresses of a
// name with a port that is given. Asked of the resolvers of the machine, or of one that is named.
import { Resolver } from 'node:dns/promises';
import { askAgain } from './asking.ts';
import type { Follow, FoundInstance } from './discovery.ts';

export type DnsRules =
  | { readonly srv: string; readonly server?: string | undefined }
  | { readonly a: string; readonly port: number; readonly server?: string | undefined };

const ANSWER_MS_MAX = 2_000;

export const followDns: Follow<DnsRules> = (rules, everyMs, listener) => {
  return askAgain(everyMs, listener, () => ask(rules));
};

async function ask(rules: DnsRules): Promise<readonly FoundInstance[]> {
  const resolver = new Resolver({ timeout: ANSWER_MS_MAX, tries: 2 });
  if (rules.server !== undefined) resolver.setServers([rules.server]);
  if ('srv' in rules) return askSrv(resolver, rules.srv);
  const addresses = await addressesOf(resolver, rules.a);
  return addresses.map((host) => ({ host, port: rules.port, weight: 1, scheme: 'http' }));
}

async function askSrv(resolver: Resolver, name: string): Promise<readonly FoundInstance[]> {
  const records = await resolver.resolveSrv(name).catch(noneIfEmpty);
  const best = Math.min(...records.map(({ priority }) => priority));
  const used = records.filter(({ priority }) => priority === best);
  const found = await Promise.all(
    used.map(async ({ name: target, port, weight }) => {
      const addresses = await addressesOf(resolver, target);
      return addresses.map((host): FoundInstance => ({ host, port, weight: Math.max(1, weight), scheme: 'http' }));
    }),
  );
  return found.flat();
}

async function addressesOf(resolver: Resolver, name: string): Promise<readonly string[]> {
  const [four, six] = await Promise.all([
    resolver.resolve4(name).catch(noneIfEmpty),
    resolver.resolve6(name).catch(noneIfEmpty),
  ]);
  return [...four, ...six];
}

/** That a name is there and has no such records is an answer; that it is not there at all may be a mistake, and is none. */
function noneIfEmpty(error: NodeJS.ErrnoException): never[] {
  if (error.code === 'ENODATA') return [];
  throw error;
}
