import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { routeConfig } from '../testing/books.ts';
import { findRoute, indexRoutes } from './routes.ts';
import { rewriteTarget } from './plan.ts';
import type { RequestFacts, RouteConfig } from './types.ts';

function find(routes: readonly Partial<RouteConfig>[], request: Partial<RequestFacts>): string {
  const index = indexRoutes(routes.map((route) => routeConfig(route)));
  const match = findRoute(index, { method: 'GET', host: 'api.example', path: '/', headers: {}, ip: '', ...request });
  return match.kind === 'found' ? match.route.name : match.kind === 'method' ? match.allow.join() : match.kind;
}

test('the host decides before the path: exact, then wildcard, then any', () => {
  const routes = [
    { name: 'any', path: '/deep/path' },
    { name: 'wild', hosts: ['*.example'] },
    { name: 'exact', hosts: ['api.example'] },
  ];
  assert.equal(find(routes, { path: '/deep/path' }), 'exact');
  assert.equal(find(routes, { host: 'b.api.example', path: '/deep/path' }), 'wild');
  assert.equal(find(routes, { host: 'other', path: '/deep/path/x' }), 'any');
  assert.equal(find(routes, { host: 'example', path: '/' }), 'none', 'a wildcard is not the domain itself');
});

test('an exact path wins over the longest prefix, and prefixes end at a slash', () => {
  const routes = [
    { name: 'root', path: '/' },
    { name: 'short', path: '/predict' },
    { name: 'long', path: '/predict/churn/' },
    { name: 'exact', path: '/predict/churn/now', exact: true },
  ];
  assert.equal(find(routes, { path: '/predict/churn/now' }), 'exact');
  assert.equal(find(routes, { path: '/predict/churn/now/' }), 'long');
  assert.equal(find(routes, { path: '/predict/churn' }), 'long');
  assert.equal(find(routes, { path: '/predict/churnx' }), 'short');
  assert.equal(find(routes, { path: '/predictor' }), 'root');
});

test('who asks for headers or a method is preferred, and a wrong method is told what is allowed', () => {
  const routes = [
    { name: 'all', path: '/p' },
    { name: 'post', path: '/p', methods: ['POST'] },
    { name: 'beta', path: '/p', headers: [{ name: 'x-beta', fits: (value: string) => value === '1' }] },
  ];
  assert.equal(find(routes, { path: '/p', method: 'POST' }), 'post');
  assert.equal(find(routes, { path: '/p' }), 'all');
  assert.equal(find(routes, { path: '/p', method: 'POST', headers: { 'x-beta': '1' } }), 'beta');
  assert.equal(find(routes.slice(1, 2), { path: '/p' }), 'POST');
});

test('paths that another server may read as other paths are refused', () => {
  const routes = [{ name: 'public', path: '/public' }];
  for (const path of [
    '/public/../admin',
    '/public/%2e%2e/admin',
    '/public/..%2fadmin',
    '/public/.\\x',
    '/./public',
    '/public/%2E.',
  ]) {
    assert.equal(find(routes, { path }), 'ambiguous', path);
  }
  for (const path of ['/public/a.b', '/public/..a', '/public/a..', '/public/%20', '/public/.well-known']) {
    assert.equal(find(routes, { path }), 'public', path);
  }
});

test('the index finds what a search through all routes finds', () => {
  const segment = fc.constantFrom('a', 'b', 'c');
  const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
  fc.assert(
    fc.property(fc.uniqueArray(path, { maxLength: 12 }), path, (prefixes, wanted) => {
      const fitting = prefixes.filter(
        (prefix) => prefix === '/' || wanted === prefix || wanted.startsWith(`${prefix}/`),
      );
      const best = fitting.sort((a, b) => b.length - a.length)[0] ?? 'none';
      assert.equal(
        find(
          prefixes.map((prefix) => ({ name: prefix, path: prefix })),
          { path: wanted },
        ),
        best,
      );
    }),
  );
});

test('a rewrite takes a prefix off and puts another one there, and leaves the query alone', () => {
  const rewrite = { from: '/churn', to: '/v2/models/churn' };
  assert.equal(rewriteTarget('/churn/infer?x=/churn', rewrite), '/v2/models/churn/infer?x=/churn');
  assert.equal(rewriteTarget('/churn', rewrite), '/v2/models/churn');
  assert.equal(rewriteTarget('/churnx', rewrite), '/churnx');
  assert.equal(rewriteTarget('/churn?x', { from: '/churn', to: '/' }), '/?x');
  assert.equal(rewriteTarget('/churn//evil.example/x', { from: '/churn', to: '/' }), '/evil.example/x');
  assert.equal(rewriteTarget('/x', { from: '/', to: '/v1' }), '/v1/x');
});
