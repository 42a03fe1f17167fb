/** From a template's text to its tree: Go's text/template without definitions. */
import { lex, malformed, type Piece, type Token } from './lex.ts';

export type Node =
  | { type: 'text'; text: string }
  | { type: 'print'; pipe: Pipe }
  | { type: 'if' | 'with'; pipe: Pipe; body: Node[]; otherwise: Node[] }
  | { type: 'range'; pipe: Pipe; body: Node[]; otherwise: Node[] }
  | { type: 'break' | 'continue' };

export interface Pipe {
  /** `$i, $v :=`, the names; with `=` they exist already */
  names: string[];
  assigns: boolean;
  /** each gets the result of the one before as its last argument */
  commands: Operand[][];
}

export type Operand = (
  | { type: 'dot' }
  | { type: 'nil' }
  | { type: 'value'; value: unknown }
  | { type: 'variable'; name: string }
  | { type: 'function'; name: string }
  | { type: 'pipe'; pipe: Pipe }
) & { path: string[] };

/** @throws MvmError `usage` */
export function parseTemplate(template: string): Node[] {
  const reader = new Reader(lex(template));
  const { nodes, end } = reader.list(false);
  if (end) throw malformed(`there is nothing that {{${end.word}}} could belong to`);
  return nodes;
}

/** What closes a list of nodes: `end`, or `else` with what stands behind it. */
interface End {
  word: 'end' | 'else';
  tokens: Token[];
}

class Reader {
  readonly #pieces: Piece[];
  #at = 0;

  constructor(pieces: Piece[]) {
    this.#pieces = pieces;
  }

  list(inRange: boolean): { nodes: Node[]; end: End | null } {
    const nodes: Node[] = [];
    for (let piece = this.#pieces[this.#at++]; piece; piece = this.#pieces[this.#at++]) {
      if (piece.type === 'text') {
        if (piece.text !== '') nodes.push(piece);
        continue;
      }
      const [first, ...rest] = piece.tokens;
      const word = first?.type === 'word' ? first.name : '';
      if (word === 'end' || word === 'else') return { nodes, end: { word, tokens: rest } };
      nodes.push(this.#node(word, rest, piece, inRange));
    }
    return { nodes, end: null };
  }

  #node(word: string, rest: Token[], { tokens, source }: Piece & { type: 'action' }, inRange: boolean): Node {
    switch (word) {
      case 'if':
      case 'with':
      case 'range':
        return this.#block(word, rest, source, inRange);
      case 'break':
      case 'continue':
        if (!inRange || rest.length > 0) throw malformed(`${source} has no place here`);
        return { type: word };
      case 'define':
      case 'template':
      case 'block':
        throw malformed(`{{${word}}} is not known here: a format is one template`);
      default:
        return { type: 'print', pipe: parsePipe(tokens, source) };
    }
  }

  #block(type: 'if' | 'with' | 'range', tokens: Token[], source: string, inRange: boolean): Node {
    const pipe = parsePipe(tokens, source);
    const within = inRange || type === 'range';
    const { nodes: body, end } = this.list(within);
    if (!end) throw malformed(`{{end}} is missing after ${source}`);
    if (end.word === 'end') return { type, pipe, body, otherwise: [] };
    return { type, pipe, body, otherwise: this.#otherwise(end.tokens, source, within) };
  }

  /** `{{else}}` up to its end; `{{else if …}}` shares the end of the block that it stands in. */
  #otherwise([first, ...rest]: Token[], source: string, inRange: boolean): Node[] {
    if (first?.type === 'word' && (first.name === 'if' || first.name === 'with'))
      return [this.#block(first.name, rest, source, inRange)];
    if (first) throw malformed(`{{else}} of ${source} takes nothing but another if`);
    const { nodes, end } = this.list(inRange);
    if (end?.word !== 'end') throw malformed(`{{end}} is missing after ${source}`);
    return nodes;
  }
}

function parsePipe(tokens: Token[], source: string): Pipe {
  const words = new Words(tokens, source);
  const pipe = words.pipe();
  if (words.next !== undefined) throw malformed(`${source} goes on where it should have ended`);
  return pipe;
}

class Words {
  readonly #tokens: Token[];
  readonly #source: string;

  constructor(tokens: Token[], source: string) {
    this.#tokens = [...tokens];
    this.#source = source;
  }

  get next(): Token | undefined {
    return this.#tokens[0];
  }

  pipe(): Pipe {
    const { names, assigns } = this.#names();
    const commands = [this.#command()];
    while (this.#is('|')) {
      this.#tokens.shift();
      commands.push(this.#command());
    }
    return { names, assigns, commands };
  }

  #names(): { names: string[]; assigns: boolean } {
    const at = this.#tokens.findIndex((token) => token.type === 'mark' && (token.mark === ':=' || token.mark === '='));
    if (at < 0) return { names: [], assigns: false };
    const [mark, ...before] = this.#tokens.splice(0, at + 1).reverse();
    const names = before.reverse().filter((token) => token.type !== 'mark' || token.mark !== ',');
    if (names.length === 0 || names.length > 2 || names.some(({ type }) => type !== 'variable'))
      throw malformed(`${this.#source} sets something that is no variable`);
    return {
      names: names.map((token) => (token.type === 'variable' ? token.name : '')),
      assigns: mark?.type === 'mark' && mark.mark === '=',
    };
  }

  #command(): Operand[] {
    const operands: Operand[] = [];
    while (this.next && !this.#is('|') && !this.#is(')')) operands.push(this.#operand());
    if (operands.length === 0) throw malformed(`a value is missing in ${this.#source}`);
    return operands;
  }

  #operand(): Operand {
    const operand = this.#start(this.#tokens.shift());
    for (let token = this.next; token?.type === 'field' && token.chained; token = this.next) {
      operand.path.push(token.name);
      this.#tokens.shift();
    }
    return operand;
  }

  #start(token: Token | undefined): Operand {
    switch (token?.type) {
      case 'dot':
        return { type: 'dot', path: [] };
      case 'field':
        return { type: 'dot', path: [token.name] };
      case 'variable':
        return { type: 'variable', name: token.name, path: [] };
      case 'value':
        return { type: 'value', value: token.value, path: [] };
      case 'word':
        return named(token.name);
      case 'mark':
        if (token.mark === '(') return this.#inParentheses();
        throw malformed(`'${token.mark}' is out of place in ${this.#source}`);
      case undefined:
        throw malformed(`a value is missing in ${this.#source}`);
      default:
        return token satisfies never;
    }
  }

  #inParentheses(): Operand {
    const pipe = this.pipe();
    if (!this.#is(')')) throw malformed(`) is missing in ${this.#source}`);
    this.#tokens.shift();
    return { type: 'pipe', pipe, path: [] };
  }

  #is(mark: ')' | '|'): boolean {
    return this.next?.type === 'mark' && this.next.mark === mark;
  }
}

function named(name: string): Operand {
  if (name === 'nil') return { type: 'nil', path: [] };
  if (name === 'true' || name === 'false') return { type: 'value', value: name === 'true', path: [] };
  return { type: 'function', name, path: [] };
}
