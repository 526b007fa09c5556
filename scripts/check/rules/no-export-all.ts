// The public surface is a list of names. `export *` hides what it adds, and makes every rename a change of surface.
import type { Rule } from './rule.ts';

export const noExportAll: Rule = {
  create: (context) => ({
    ExportAllDeclaration: (node) => context.report({ node, message: 'export names one by one, not `export *`' }),
  }),
};
