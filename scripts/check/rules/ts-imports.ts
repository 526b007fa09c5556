// Node runs our .ts files as they are, so a relative import names the file as it is on disk, with its .ts.
import type { Rule } from './rule.ts';

export const tsImports: Rule = {
  create(context) {
    const check = (node: Reported, specifier: unknown): void => {
      if (typeof specifier !== 'string' || !/^\.{1,2}(\/|$)/.test(specifier)) return;
      if (/\.(ts|json)$/.test(specifier)) return;
      context.report({ node, message: `a relative import names its file with .ts, and this is '${specifier}'` });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source.value),
      ExportNamedDeclaration: (node) => check(node, node.source?.value),
      ExportAllDeclaration: (node) => check(node, node.source.value),
    };
  },
};

type Reported = { range: [number, number] };
