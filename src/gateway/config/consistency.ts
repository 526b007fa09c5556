// What of a configuration must fit together: names that exist, weights that add up, ids that are unique, limits that make
// sense, nothing that leads back to the gateway itself. Each problem is told with the path of what is wrong.
import { nearest } from '../../base/nearest.ts';
import { instanceId } from './instance-id.ts';
import type { GatewayFile, ModelFile, RouteFile } from './schema.ts';

export interface Complaint {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export function complaintsOf(file: GatewayFile): readonly Complaint[] {
  const complaints: Complaint[] = [];
  const complain = (path: readonly (string | number)[], message: string): void =>
    void complaints.push({ path, message });
  const ids = new Map<string, string>();
  for (const [name, model] of Object.entries(file.models)) {
    const at = (...path: readonly (string | number)[]) => ['models', name, ...path];
    checkVersions(name, model, ids, file, (path, message) => complain(at(...path), message));
    checkNames(model, (path, message) => complain(at(...path), message));
    checkRollout(model, file, (path, message) => complain(at(...path), message));
  }
  const names = new Set<string>();
  for (const [index, route] of file.routes.entries()) {
    checkRoute(route, file, (path, message) => complain(['routes', index, ...path], message));
    if (route.name === undefined) continue;
    if (names.has(route.name)) complain(['routes', index, 'name'], `there are two routes ${route.name}`);
    names.add(route.name);
  }
  for (const [name, { queries, url }] of Object.entries(file.analyses)) {
    for (const [index, query] of queries.entries()) {
      const path = ['analyses', name, 'queries', index];
      const kinds = [query.prometheus, query.own, query.hook].filter((kind) => kind !== undefined);
      if (kinds.length !== 1) complain(path, 'a query is one of `prometheus`, `own` and `hook`');
      if (query.prometheus !== undefined && url === undefined) complain(path, 'a Prometheus query needs `url`');
      const limits = [query.successBelow, query.successAbove, query.failureAbove, query.failureBelow];
      if (limits.every((limit) => limit === undefined)) complain(path, 'without a limit a query decides nothing');
    }
  }
  return complaints;
}

type Complain = (path: readonly (string | number)[], message: string) => void;

function checkVersions(
  name: string,
  model: ModelFile,
  ids: Map<string, string>,
  file: GatewayFile,
  complain: Complain,
): void {
  for (const [version, { instances }] of Object.entries(model.versions)) {
    for (const [index, instance] of instances.entries()) {
      const path = ['versions', version, 'instances', index];
      const id = instanceId(name, version, instance);
      if (ids.has(id)) complain(path, `${id} is named twice, also in ${ids.get(id)}`);
      ids.set(id, `${name}/${version}`);
      if ([file.listen, file.admin].includes(new URL(instance.url).host)) {
        complain(path, 'this is the gateway itself: requests would go round for ever');
      }
    }
  }
  const names = Object.keys(model.versions);
  const { weights } = model;
  if (weights === undefined) {
    if (names.length > 1) complain(['versions'], 'with several versions say their `weights`, which add up to 100');
    return;
  }
  for (const version of Object.keys(weights)) checkVersionName(version, model, ['weights', version], complain);
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
  if (Math.abs(sum - 100) > 1e-6) complain(['weights'], `the weights add up to ${sum}, not to 100`);
}

function checkNames(model: ModelFile, complain: Complain): void {
  for (const kind of ['headers', 'cookies'] as const) {
    for (const [index, rule] of model.split[kind].entries()) {
      const path = ['split', kind, index];
      const tests = [rule.equals, rule.matches].filter((test) => test !== undefined).length;
      if (tests > 1) complain(path, 'a rule has `equals` or `matches`, not both');
      if (tests === 1 && rule.version === undefined) complain(path, 'say which `version` it leads to');
      if (tests === 0 && rule.version !== undefined) complain(path, 'say when: `equals` or `matches`');
      if (rule.version !== undefined) checkVersionName(rule.version, model, [...path, 'version'], complain);
    }
  }
  for (const [region, version] of Object.entries(model.split.geo?.regions ?? {})) {
    checkVersionName(version, model, ['split', 'geo', 'regions', region], complain);
  }
  if (model.mirror) checkVersionName(model.mirror.version, model, ['mirror', 'version'], complain);
}

function checkVersionName(
  version: string,
  model: ModelFile,
  path: readonly (string | number)[],
  complain: Complain,
): void {
  if (!Object.hasOwn(model.versions, version)) complain(path, unknown('version', version, Object.keys(model.versions)));
}

function checkRollout(model: ModelFile, file: GatewayFile, complain: Complain): void {
  let before = 0;
  for (const [index, step] of (model.rollout?.steps ?? []).entries()) {
    const path = ['rollout', 'steps', index];
    if ('weight' in step) {
      if (step.weight < before) complain(path, `the weights of steps only grow, and this one was ${before} before`);
      before = step.weight;
    }
    if ('analysis' in step && !Object.hasOwn(file.analyses, step.analysis)) {
      complain(path, unknown('analysis', step.analysis, Object.keys(file.analyses)));
    }
  }
}

function checkRoute(route: RouteFile, file: GatewayFile, complain: Complain): void {
  const model = Object.hasOwn(file.models, route.model) ? file.models[route.model] : undefined;
  if (!model) complain(['model'], unknown('model', route.model, Object.keys(file.models)));
  else if (route.version !== undefined) checkVersionName(route.version, model, ['version'], complain);
  for (const [index, rule] of route.headers.entries()) {
    if ((rule.equals === undefined) === (rule.matches === undefined)) {
      complain(['headers', index], 'a header of a route has `equals` or `matches`');
    }
  }
  for (const host of [route.host ?? []].flat()) {
    if (!/^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$|^\[[0-9a-f:]+\]$/i.test(host)) {
      complain(['host'], `${JSON.stringify(host)} is not a host, such as api.example or *.example (without a port)`);
    }
  }
  const limit = route.rateLimit;
  if (!limit) return;
  if (limit.burstCapacity < limit.replenishRate) {
    complain(
      ['rateLimit', 'burstCapacity'],
      `a burst of ${limit.burstCapacity} is less than the rate of ${limit.replenishRate} a second, which could never be reached`,
    );
  }
  if (limit.store === 'redis' && file.redis === undefined)
    complain(['rateLimit', 'store'], 'say where: `redis: redis://HOST:PORT`');
}

function unknown(what: string, given: string, known: readonly string[]): string {
  const meant = nearest(given, known);
  return `there is no ${what} ${given}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}
