// The language of --assert: numbers, names, arithmetic, comparisons, && || ! and parentheses. A parser of its own makes a
// tree, and the tree is walked; nothing is ever evaluated as JavaScript.
import { LastcallError } from '../../../base/errors.ts';
import { suggestion } from '../../../base/nearest.ts';

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'unary'; readonly operator: '!' | '-'; readonly of: Expression }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression };

export interface Assertion {
  readonly text: string;
  readonly expression: Expression;
}

export interface Checked {
  readonly text: string;
  readonly holds: boolean;
  /** The values of its names, or which of them was not measured. */
  readonly why: string;
}

/** More values and parentheses than anybody writes by hand; bounds the recursion as well. */
const PARTS_MAX = 200;
const LENGTH_MAX = 2_000;
/** From the loosest to the tightest. */
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['+', '-'],
  ['*', '/'],
];

/** @param names that may stand in it @throws LastcallError `usage` */
export function parseAssertion(text: string, names: readonly string[]): Assertion {
  if (text.length > LENGTH_MAX) throw wrong(text.slice(0, 40), 'is too long', `At most ${LENGTH_MAX} characters.`);
  const parser = new Parser(tokensOf(text), text, names);
  return { text, expression: parser.whole() };
}

export function check({ text, expression }: Assertion, values: Readonly<Record<string, number | null>>): Checked {
  const names = [...new Set(namesOf(expression))];
  const missing = names.filter((name) => values[name] === null || values[name] === undefined);
  if (missing.length > 0) return { text, holds: false, why: `${missing.join(', ')} was not measured` };
  const shown = names.map((name) => `${name} is ${values[name]}`).join(', ');
  return { text, holds: evaluate(expression, values as Readonly<Record<string, number>>) !== 0, why: shown };
}

function evaluate(expression: Expression, values: Readonly<Record<string, number>>): number {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'name':
      return values[expression.name]!;
    case 'unary': {
      const of = evaluate(expression.of, values);
      return expression.operator === '-' ? -of : Number(of === 0);
    }
    case 'binary':
      return apply(expression.operator, evaluate(expression.left, values), evaluate(expression.right, values));
  }
}

function apply(operator: string, left: number, right: number): number {
  switch (operator) {
    case '||':
      return Number(left !== 0 || right !== 0);
    case '&&':
      return Number(left !== 0 && right !== 0);
    case '==':
      return Number(left === right);
    case '!=':
      return Number(left !== right);
    case '<=':
      return Number(left <= right);
    case '>=':
      return Number(left >= right);
    case '<':
      return Number(left < right);
    case '>':
      return Number(left > right);
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    default:
      return left / right;
  }
}

function namesOf(expression: Expression): string[] {
  if (expression.kind === 'name') return [expression.name];
  if (expression.kind === 'unary') return namesOf(expression.of);
  return expression.kind === 'binary' ? [...namesOf(expression.left), ...namesOf(expression.right)] : [];
}

function tokensOf(text: string): string[] {
  const pattern = /\s*(\d+(?:\.\d+)?|[A-Za-z_]\w*|&&|\|\||[=!<>]=|[<>+\-*/!()])/y;
  const tokens: string[] = [];
  while (pattern.lastIndex < text.trimEnd().length) {
    const from = pattern.lastIndex;
    const token = pattern.exec(text)?.[1];
    if (token === undefined) throw wrong(text.slice(from).trim().slice(0, 20), 'is not understood', HINT);
    tokens.push(token);
  }
  return tokens;
}

const HINT = "It looks like this: --assert 'dropped==0 && leftovers==0 && exitMs<5000'.";

class Parser {
  readonly #tokens: readonly string[];
  readonly #text: string;
  readonly #names: readonly string[];
  #next = 0;
  #parts = 0;

  constructor(tokens: readonly string[], text: string, names: readonly string[]) {
    this.#tokens = tokens;
    this.#text = text;
    this.#names = names;
  }

  whole(): Expression {
    const expression = this.#level(0);
    const rest = this.#tokens[this.#next];
    if (rest !== undefined) throw wrong(this.#text, `has ${rest} where it should end`, HINT);
    return expression;
  }

  #level(level: number): Expression {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#single();
    let left = this.#level(level + 1);
    for (
      let token = this.#tokens[this.#next];
      token !== undefined && operators.includes(token);
      token = this.#tokens[this.#next]
    ) {
      this.#next += 1;
      left = { kind: 'binary', operator: token, left, right: this.#level(level + 1) };
    }
    return left;
  }

  #single(): Expression {
    const token = this.#tokens[this.#next++];
    if (token === undefined) throw wrong(this.#text, 'ends too early', HINT);
    if (++this.#parts > PARTS_MAX) throw wrong(this.#text.slice(0, 40), 'has too many parts', HINT);
    if (token === '!' || token === '-') return { kind: 'unary', operator: token, of: this.#single() };
    if (token === '(') {
      const inside = this.#level(0);
      if (this.#tokens[this.#next++] !== ')') throw wrong(this.#text, 'has a parenthesis that is not closed', HINT);
      return inside;
    }
    if (/^\d/.test(token)) return { kind: 'number', value: Number(token) };
    if (token === 'true' || token === 'false') return { kind: 'number', value: Number(token === 'true') };
    if (!/^\w/.test(token)) throw wrong(this.#text, `has ${token} where a value should be`, HINT);
    if (!this.#names.includes(token))
      throw wrong(token, 'is no measure', suggestion(token, this.#names, `There are: ${this.#names.join(', ')}.`));
    return { kind: 'name', name: token };
  }
}

function wrong(given: string, what: string, todo: string): LastcallError {
  return new LastcallError('usage', { what: `${JSON.stringify(given)} ${what}`, on: '--assert', todo });
}
