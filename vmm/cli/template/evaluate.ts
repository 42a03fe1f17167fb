/** Carries out a template on a value. */
import { callFunction } from './functions.ts';
import { malformed } from './lex.ts';
import { type Node, type Operand, type Pipe, parseTemplate } from './parse.ts';
import { fieldOf, isTrue, kindOf, shown, sorted } from './values.ts';

export type Template = (data: unknown) => string;

/** @throws MvmError `usage`, now for what is malformed and later for what the value does not have */
export function compile(template: string): Template {
  const nodes = parseTemplate(template);
  return (data) => {
    const run = new Run();
    run.nodes(nodes, data, new Scope(null).declare('$', data));
    return run.text;
  };
}

/** Variables of a block, over those of the block around it. */
class Scope {
  readonly #outer: Scope | null;
  readonly #values = new Map<string, unknown>();

  constructor(outer: Scope | null) {
    this.#outer = outer;
  }

  declare(name: string, value: unknown): this {
    this.#values.set(name, value);
    return this;
  }

  assign(name: string, value: unknown): void {
    this.#holder(name).#values.set(name, value);
  }

  get(name: string): unknown {
    return this.#holder(name).#values.get(name);
  }

  #holder(name: string): Scope {
    if (this.#values.has(name)) return this;
    if (this.#outer) return this.#outer.#holder(name);
    throw malformed(`there is no variable ${name}`);
  }
}

type Jump = 'break' | 'continue' | null;

class Run {
  text = '';

  nodes(nodes: Node[], dot: unknown, scope: Scope): Jump {
    for (const node of nodes) {
      const jump = this.#node(node, dot, scope);
      if (jump) return jump;
    }
    return null;
  }

  #node(node: Node, dot: unknown, scope: Scope): Jump {
    switch (node.type) {
      case 'text':
        this.text += node.text;
        return null;
      case 'print': {
        const value = this.#pipe(node.pipe, dot, scope);
        if (node.pipe.names.length === 0) this.text += shown(value);
        return null;
      }
      case 'if':
      case 'with': {
        const inside = new Scope(scope);
        const value = this.#pipe(node.pipe, dot, inside);
        if (!isTrue(value)) return this.nodes(node.otherwise, dot, inside);
        return this.nodes(node.body, node.type === 'with' ? value : dot, inside);
      }
      case 'range':
        return this.#range(node, dot, scope);
      case 'break':
      case 'continue':
        return node.type;
      default:
        return node satisfies never;
    }
  }

  #range({ pipe, body, otherwise }: Node & { type: 'range' }, dot: unknown, scope: Scope): Jump {
    const over = this.#commands(pipe, dot, scope);
    const entries = entriesOf(over);
    if (entries.length === 0) return this.nodes(otherwise, dot, new Scope(scope));
    for (const [key, value] of entries) {
      const inside = new Scope(scope);
      const [first, second] = pipe.names;
      if (second) set(inside, pipe, second, value);
      if (first) set(inside, pipe, first, second ? key : value);
      if (this.nodes(body, value, inside) === 'break') break;
    }
    return null;
  }

  #pipe(pipe: Pipe, dot: unknown, scope: Scope): unknown {
    const value = this.#commands(pipe, dot, scope);
    if (pipe.names.length > 1) throw malformed('two variables at once are for range');
    for (const name of pipe.names) set(scope, pipe, name, value);
    return value;
  }

  #commands({ commands }: Pipe, dot: unknown, scope: Scope): unknown {
    let value: { of: unknown } | null = null;
    for (const command of commands) value = { of: this.#command(command, value, dot, scope) };
    return value?.of;
  }

  /** `piped` is the last argument, where there is one. */
  #command([first, ...rest]: Operand[], piped: { of: unknown } | null, dot: unknown, scope: Scope): unknown {
    if (!first) throw malformed('a value is missing');
    const last = piped ? [piped.of] : [];
    if (first.type === 'function' && (first.name === 'and' || first.name === 'or'))
      return this.#shortCut(first.name, rest, last, dot, scope);
    const args = () => [...rest.map((operand) => this.#operand(operand, dot, scope)), ...last];
    if (first.type === 'function') return follow(callFunction(first.name, args()), first.path);
    const value = this.#operand(first, dot, scope, false);
    if (typeof value === 'function') return value(...args());
    if (rest.length + last.length > 0) throw malformed(`${kindOf(value)} takes no arguments`);
    return value;
  }

  /** The first that decides, and no further one is looked at. */
  #shortCut(name: 'and' | 'or', rest: Operand[], last: unknown[], dot: unknown, scope: Scope): unknown {
    const values = [...rest.map((operand) => () => this.#operand(operand, dot, scope)), ...last.map((of) => () => of)];
    if (values.length === 0) throw malformed(`${name} needs a value`);
    let value: unknown;
    for (const look of values) {
      value = look();
      if (isTrue(value) === (name === 'or')) return value;
    }
    return value;
  }

  #operand(operand: Operand, dot: unknown, scope: Scope, call = true): unknown {
    const found = follow(this.#start(operand, dot, scope), operand.path);
    return call && typeof found === 'function' ? found() : found;
  }

  #start(operand: Operand, dot: unknown, scope: Scope): unknown {
    switch (operand.type) {
      case 'dot':
        return dot;
      case 'nil':
        return null;
      case 'value':
        return operand.value;
      case 'variable':
        return scope.get(operand.name);
      case 'function':
        return this.#command([{ ...operand, path: [] }], null, dot, scope);
      case 'pipe':
        return this.#pipe(operand.pipe, dot, new Scope(scope));
      default:
        return operand satisfies never;
    }
  }
}

const follow = (value: unknown, path: string[]): unknown => path.reduce(fieldOf, value);

function set(scope: Scope, { assigns }: Pipe, name: string, value: unknown): void {
  if (assigns) scope.assign(name, value);
  else scope.declare(name, value);
}

/** A map's by its sorted keys, as Go has them. */
function entriesOf(value: unknown): [unknown, unknown][] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return [...value.entries()];
  if (typeof value === 'number')
    return Array.from({ length: Math.min(value, MOST_ROUNDS) }, (_, index) => [index, index]);
  if (typeof value === 'object') return sorted(value);
  throw malformed(`range goes over lists and maps, not over ${kindOf(value)}`);
}

/** `range 1000000000` is a mistake. */
const MOST_ROUNDS = 100_000;
