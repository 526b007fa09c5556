// Enough of the shell's language to tell what a command line or an entrypoint script runs last, whether it is exec'd, and
// what is left in the background. What is beyond that (functions, loops, case) is marked as not understood.

export interface SimpleCommand {
  /** Words as the shell would see them, quotes taken off; variables stay as they are written. */
  readonly words: readonly string[];
  readonly start: number;
  readonly end: number;
  /** A redirection stands in it. */
  readonly redirects: boolean;
  /** What follows it. */
  readonly then: ';' | '&&' | '||' | '|' | '&' | '';
  /** Nesting of `if`, loops, `case`, functions and subshells around it; 0 at the top. */
  readonly depth: number;
}

export interface Script {
  readonly commands: readonly SimpleCommand[];
}

const OPENERS = new Set(['if', 'for', 'while', 'until', 'case', '{', 'select']);
const CLOSERS = new Set(['fi', 'done', 'esac', '}']);
/** Words that stand before a command without being one. */
const PREFIXES = new Set(['then', 'do', 'else', 'elif', '!', 'time', '{', 'if', 'while', 'until']);
const TEXT_MAX = 256 * 1024;

/** @throws never */
export function readShell(text: string): Script {
  return { commands: new Reader(text.slice(0, TEXT_MAX)).read() };
}

class Reader {
  readonly #text: string;
  readonly #commands: SimpleCommand[] = [];
  readonly #heredocs: string[] = [];
  #at = 0;
  #depth = 0;
  #parentheses = 0;
  #words: string[] = [];
  #start = 0;
  #redirects = false;

  constructor(text: string) {
    this.#text = text;
  }

  read(): SimpleCommand[] {
    while (this.#at < this.#text.length) this.#step();
    this.#finish('');
    return this.#commands;
  }

  #step(): void {
    const text = this.#text;
    const char = text[this.#at]!;
    if (char === '\n') {
      this.#finish(';');
      this.#at += 1;
      this.#skipHeredocs();
    } else if (char === ' ' || char === '\t' || char === '\r') this.#at += 1;
    else if (char === '\\' && /^\\\r?\n/.test(text.slice(this.#at, this.#at + 3))) {
      this.#at = text.indexOf('\n', this.#at) + 1;
    } else if (char === '#') {
      const end = text.indexOf('\n', this.#at);
      this.#at = end === -1 ? text.length : end;
    } else if (char === ';') this.#operator(text.startsWith(';;', this.#at) ? 2 : 1, ';');
    else if (char === '&') {
      if (text[this.#at + 1] === '>') this.#redirection();
      else if (text[this.#at + 1] === '&') this.#operator(2, '&&');
      else this.#operator(1, '&');
    } else if (char === '|') {
      if (text[this.#at + 1] === '|') this.#operator(2, '||');
      else this.#operator(text[this.#at + 1] === '&' ? 2 : 1, '|');
    } else if (char === '(' || char === ')') this.#parenthesis(char);
    else if (char === '<' || char === '>') this.#redirection();
    else this.#word();
  }

  #operator(length: number, then: SimpleCommand['then']): void {
    this.#finish(then);
    this.#at += length;
  }

  /** A subshell, or the `()` of a function, whose body is a block of its own. */
  #parenthesis(char: string): void {
    if (char === '(' && this.#words.length === 1 && /^\(\s*\)/.test(this.#text.slice(this.#at, this.#at + 8))) {
      this.#words = [];
      this.#at = this.#text.indexOf(')', this.#at) + 1;
      return;
    }
    this.#finish(';');
    // The `)` after a pattern of `case` closes nothing.
    this.#parentheses = Math.max(0, this.#parentheses + (char === '(' ? 1 : -1));
    this.#at += 1;
  }

  #redirection(): void {
    const match = /^(?:&>>?|<<-?|<<<|[<>]&?\|?|>>)/.exec(this.#text.slice(this.#at, this.#at + 4))!;
    // A number before it is the descriptor, not a word.
    if (/^\d$/.test(this.#words.at(-1) ?? '') && /\d/.test(this.#text[this.#at - 1] ?? '')) this.#words.pop();
    this.#at += match[0].length;
    this.#redirects = true;
    while (this.#text[this.#at] === ' ') this.#at += 1;
    const target = this.#readWord();
    if (match[0].startsWith('<<') && match[0] !== '<<<' && target !== '') this.#heredocs.push(target);
    // A stray character after an operator must not hold the reader up.
    else if (target === '' && this.#text[this.#at] === '>') this.#at += 1;
  }

  #skipHeredocs(): void {
    for (const end of this.#heredocs.splice(0)) {
      while (this.#at < this.#text.length) {
        const feed = this.#text.indexOf('\n', this.#at);
        const line = this.#text.slice(this.#at, feed === -1 ? this.#text.length : feed);
        this.#at = feed === -1 ? this.#text.length : feed + 1;
        if (line.trim() === end) break;
      }
    }
  }

  #word(): void {
    const start = this.#at;
    const word = this.#readWord();
    if (this.#at === start) {
      this.#at += 1;
      return;
    }
    if (this.#words.length === 0) {
      if (OPENERS.has(word)) this.#depth += 1;
      if (CLOSERS.has(word)) this.#depth = Math.max(0, this.#depth - 1);
      if (PREFIXES.has(word) || CLOSERS.has(word)) return;
      this.#start = start;
    }
    this.#words.push(word);
  }

  #readWord(): string {
    const text = this.#text;
    let word = '';
    while (this.#at < text.length) {
      const char = text[this.#at]!;
      if (/[\s;&|()<>]/.test(char)) break;
      if (char === "'") {
        const end = text.indexOf("'", this.#at + 1);
        const stop = end === -1 ? text.length : end;
        word += text.slice(this.#at + 1, stop);
        this.#at = stop + 1;
      } else if (char === '"') word += this.#doubleQuoted();
      else if (char === '\\') {
        if (text[this.#at + 1] === '\n') this.#at += 2;
        else {
          word += text[this.#at + 1] ?? '';
          this.#at += 2;
        }
      } else if (char === '$' && (text[this.#at + 1] === '(' || text[this.#at + 1] === '{'))
        word += this.#substitution();
      else if (char === '`') {
        const end = text.indexOf('`', this.#at + 1);
        const stop = end === -1 ? text.length : end + 1;
        word += text.slice(this.#at, stop);
        this.#at = stop;
      } else {
        word += char;
        this.#at += 1;
      }
    }
    return word;
  }

  #doubleQuoted(): string {
    const text = this.#text;
    let word = '';
    this.#at += 1;
    while (this.#at < text.length && text[this.#at] !== '"') {
      if (text[this.#at] === '\\' && this.#at + 1 < text.length) {
        word += text[this.#at + 1]!;
        this.#at += 2;
      } else if (text[this.#at] === '$' && text[this.#at + 1] === '(') word += this.#substitution();
      else {
        word += text[this.#at]!;
        this.#at += 1;
      }
    }
    this.#at += 1;
    return word;
  }

  /** `$( … )` and `${ … }` as they are written, brackets balanced. */
  #substitution(): string {
    const open = this.#text[this.#at + 1]!;
    const close = open === '(' ? ')' : '}';
    const start = this.#at;
    let depth = 0;
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#text[this.#at];
      if (char === open) depth += 1;
      else if (char === close && --depth === 0) break;
    }
    this.#at += 1;
    return this.#text.slice(start, this.#at);
  }

  #finish(then: SimpleCommand['then']): void {
    if (this.#words.length > 0) {
      this.#commands.push({
        words: this.#words,
        start: this.#start,
        end: this.#at,
        redirects: this.#redirects,
        then,
        depth: this.#depth + this.#parentheses,
      });
    }
    this.#words = [];
    this.#redirects = false;
  }
}

/** Words of a command line that no shell runs: quotes group, nothing else means anything. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  for (const match of text.slice(0, TEXT_MAX).matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'])+/gs)) {
    words.push(
      match[0].replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/gs, (_, double, single, escaped) =>
        double === undefined ? (single ?? escaped ?? '') : double.replace(/\\(.)/gs, '$1'),
      ),
    );
  }
  return words;
}
