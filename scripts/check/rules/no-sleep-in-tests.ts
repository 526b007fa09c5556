// A test that sleeps is slow on a good day and wrong on a bad one: it awaits an event, or polls a condition with a
// bound. A pause inside a loop is such polling and passes; a pause that stands alone does not.
import { isTest, repositoryPath, type Rule } from './rule.ts';

const LOOPS = new Set(['WhileStatement', 'DoWhileStatement', 'ForStatement', 'ForOfStatement', 'ForInStatement']);
const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

interface Node {
  type: string;
  parent?: Node | null;
}

export const noSleepInTests: Rule = {
  create(context) {
    if (!isTest(repositoryPath(context))) return {};
    const timers = new Set<string>(); // local names of the promising setTimeout
    return {
      ImportDeclaration(node) {
        if (node.source.value !== 'node:timers/promises') return;
        for (const specifier of node.specifiers) {
          if (specifier.type === 'ImportSpecifier') timers.add(specifier.local.name);
        }
      },
      CallExpression(node) {
        const { callee } = node;
        const name = callee.type === 'Identifier' ? callee.name : '';
        const member =
          callee.type === 'MemberExpression' &&
          callee.object.type === 'Identifier' &&
          callee.property.type === 'Identifier'
            ? `${callee.object.name}.${callee.property.name}`
            : '';
        const sleeps =
          timers.has(name) ||
          member === 'scheduler.wait' ||
          member === 'Atomics.wait' ||
          (name === 'setTimeout' && resolvesItsPromise(node, node.arguments[0]));
        if (sleeps && !isInLoop(node)) {
          context.report({
            node,
            message: 'a test does not sleep: await an event, or poll a condition in a bounded loop',
          });
        }
      },
    };
  },
};

/** `new Promise((resolve) => setTimeout(resolve, …))`: what the timer calls is the executor's own parameter. */
function resolvesItsPromise(call: Node, callback: Node | undefined): boolean {
  const resolve = calledName(callback);
  for (let node = parentOf(call); node && resolve !== undefined; node = parentOf(node)) {
    if (!FUNCTIONS.has(node.type)) continue;
    const { params } = node as Node & { params: readonly { type: string; name?: string }[] };
    const promise: (Node & { callee?: { name?: string } }) | undefined = parentOf(node);
    return promise?.type === 'NewExpression' && promise.callee?.name === 'Promise' && params[0]?.name === resolve;
  }
  return false;
}

/** `resolve` of `resolve` and of `() => resolve()`. */
function calledName(callback: Node | undefined): string | undefined {
  if (callback?.type === 'Identifier') return (callback as Node & { name: string }).name;
  if (callback?.type !== 'ArrowFunctionExpression') return undefined;
  const { body } = callback as Node & { body: Node & { callee?: { name?: string } } };
  return body.type === 'CallExpression' ? body.callee?.name : undefined;
}

function isInLoop(start: Node): boolean {
  for (let node = parentOf(start); node; node = parentOf(node)) {
    if (LOOPS.has(node.type)) return true;
  }
  return false;
}

function parentOf(node: Node): Node | undefined {
  return node.parent ?? undefined;
}
