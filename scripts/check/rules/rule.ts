// What our own lint rules share: their type, and the name of the linted file within the repository.
import { relative, sep } from 'node:path';
import type { RuleTester } from 'oxlint/plugins-dev';

/** A rule as oxlint takes it (the same shape as an ESLint rule); oxlint exports the type only by way of its tester. */
export type Rule = Parameters<RuleTester['run']>[1];

/** Path of the file under the linter's working directory, which is the root of the repository, with `/` as separator. */
export function repositoryPath(context: { filename: string; cwd: string }): string {
  return relative(context.cwd, context.filename).split(sep).join('/');
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts');
}
