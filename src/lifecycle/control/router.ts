// Routes of the control socket: `METHOD /path` with `:name` parameters, the notation of UnitExtension.routes.
import type { ControlHandler } from '../types.ts';

export type Routes = Readonly<Record<string, ControlHandler>>;

export type Match =
  | { readonly kind: 'found'; readonly handler: ControlHandler; readonly params: Readonly<Record<string, string>> }
  /** The path is known, with these methods. */
  | { readonly kind: 'method'; readonly allow: readonly string[] }
  | { readonly kind: 'none' };

/** The first table that knows method and path answers. */
export function findRoute(tables: readonly Routes[], method: string, path: string): Match {
  const allow: string[] = [];
  for (const table of tables) {
    for (const [route, handler] of Object.entries(table)) {
      const [routeMethod = '', pattern = ''] = route.split(' ');
      const params = matchPath(pattern, path);
      if (!params) continue;
      if (routeMethod === method) return { kind: 'found', handler, params };
      allow.push(routeMethod);
    }
  }
  return allow.length > 0 ? { kind: 'method', allow } : { kind: 'none' };
}

function matchPath(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index]!;
    if (!part.startsWith(':')) {
      if (part !== value) return null;
      continue;
    }
    const decoded = decode(value);
    if (decoded === null || decoded === '') return null;
    params[part.slice(1)] = decoded;
  }
  return params;
}

function decode(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}
