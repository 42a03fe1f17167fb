/** The keys that leave a program running, found among those that are for it: docker's words for them. */
import { MvmError } from '../contract/errors.ts';

const DEFAULT_KEYS = 'ctrl-p,ctrl-q';

export const detachOption = {
  kind: 'text',
  value: 'KEYS',
  help: `With a terminal, leave the program running (default ${DEFAULT_KEYS})`,
} as const;

/** Characters with Ctrl, after `a` to `z`. */
const OTHERS: Record<string, number> = { '@': 0, '[': 27, '\\': 28, ']': 29, '^': 30, _: 31 };

/** `ctrl-p,ctrl-q`, `a,b`, `ctrl-@`; as bytes. @throws MvmError `usage` */
export function parseKeys(text: string): Buffer {
  const keys = (text === '' ? DEFAULT_KEYS : text).split(',');
  return Buffer.from(keys.map((key) => byteOf(key, text)));
}

function byteOf(key: string, text: string): number {
  const code = key.charCodeAt(0);
  if (key.length === 1 && code < 128) return code;
  const letter = /^ctrl-(.)$/.exec(key)?.[1] ?? '';
  if (/^[a-z]$/.test(letter)) return letter.charCodeAt(0) - 96;
  const other = OTHERS[letter];
  if (other !== undefined) return other;
  throw new MvmError('usage', `--detach-keys: '${text}' is not a sequence of keys`, {
    hint: 'Characters, or ctrl- with one of a to z, @ [ \\ ] ^ _, with commas between: ctrl-p,ctrl-q.',
  });
}

export class DetachKeys {
  readonly #keys: Buffer;
  /** typed, and perhaps the beginning of the keys */
  #held: Buffer = Buffer.alloc(0);

  constructor(keys: Buffer) {
    this.#keys = keys;
  }

  /** What of it is for the program; after the keys, nothing is. */
  take(typed: Buffer): { bytes: Buffer; detached: boolean } {
    const passed: Buffer[] = [];
    for (const byte of typed) {
      this.#held = Buffer.concat([this.#held, Buffer.of(byte)]);
      if (this.#held.equals(this.#keys)) return { bytes: Buffer.concat(passed), detached: true };
      while (!this.#begins(this.#held)) {
        passed.push(this.#held.subarray(0, 1));
        this.#held = this.#held.subarray(1);
      }
    }
    return { bytes: Buffer.concat(passed), detached: false };
  }

  /** Nothing followed: what was held is for the program after all. */
  release(): Buffer {
    const held = this.#held;
    this.#held = Buffer.alloc(0);
    return held;
  }

  get holds(): boolean {
    return this.#held.length > 0;
  }

  #begins(bytes: Buffer): boolean {
    return this.#keys.subarray(0, bytes.length).equals(bytes);
  }
}
