// `.only` left behind silently switches the other tests of the file off.
import { isTest, repositoryPath, type Rule } from './rule.ts';

export const noOnly: Rule = {
  create(context) {
    if (!isTest(repositoryPath(context))) return {};
    const message = 'a test that runs alone switches the others off; take `only` away before you commit';
    return {
      MemberExpression(node) {
        if (node.property.type === 'Identifier' && node.property.name === 'only') context.report({ node, message });
      },
      Property(node) {
        if (node.key.type === 'Identifier' && node.key.name === 'only') context.report({ node, message });
      },
    };
  },
};
