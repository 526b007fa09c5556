// Imports point one way, features meet through their index.ts, and cores run only what is pure. The table is beside.
import { posix } from 'node:path';
import { coreOffence, layerOffence } from './layer-table.ts';
import { repositoryPath, type Rule } from './rule.ts';

export const layers: Rule = {
  create(context) {
    const from = repositoryPath(context);
    const check = (node: Reported, specifier: unknown, runs: 'runs' | 'types'): void => {
      if (typeof specifier !== 'string' || !specifier.startsWith('.')) return;
      const to = posix.join(posix.dirname(from), specifier);
      const offence = layerOffence(from, to) ?? (runs === 'runs' ? coreOffence(from, to) : undefined);
      if (offence !== undefined) context.report({ node, message: offence });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source.value, node.importKind === 'type' ? 'types' : 'runs'),
      ExportNamedDeclaration: (node) => check(node, node.source?.value, node.exportKind === 'type' ? 'types' : 'runs'),
      ExportAllDeclaration: (node) => check(node, node.source.value, 'runs'),
      ImportExpression: (node) => check(node, node.source.type === 'Literal' ? node.source.value : undefined, 'runs'),
      TSImportType: (node) => check(node, node.source.value, 'types'),
    };
  },
};

type Reported = { range: [number, number] };
