// A file opens with a short paragraph: what it is for, and where it ends. Tests say it in their names.
import { isTest, repositoryPath, type Rule } from './rule.ts';

export const openingComment: Rule = {
  create(context) {
    return {
      Program(node) {
        if (isTest(repositoryPath(context))) return;
        const text = context.sourceCode.text.replace(/^#!.*\n/, '');
        if (!/^\s*\/[/*]/.test(text))
          context.report({ node, message: 'a file opens with a comment that says what it is for' });
      },
    };
  },
};
