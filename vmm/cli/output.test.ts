import { describe, expect, it } from 'vitest';
import { MvmError } from '../contract/errors.ts';
import { paints, printError } from './output.ts';

function told(error: unknown, { json = false, isTTY = false, env = {} } = {}): string {
  let text = '';
  const write = (part: string) => {
    text += part;
    return true;
  };
  printError({ stderr: { write, isTTY } as unknown as NodeJS.WriteStream, env, json }, error);
  return text;
}

const failure = new MvmError('engine.missing', '/bin/qemu does not run', {
  hint: 'Install it.',
  cause: new Error('spawn ENOEXEC'),
});

describe('an error', () => {
  it('says what, why, and what next', () => {
    expect(told(failure)).toBe('mvm: /bin/qemu does not run\n     spawn ENOEXEC\nInstall it.\n');
  });

  it('is one line in the shape of the API with --json', () => {
    expect(JSON.parse(told(failure, { json: true }))).toEqual({
      error: {
        code: 'engine.missing',
        message: '/bin/qemu does not run',
        hint: 'Install it.',
        details: { reason: 'spawn ENOEXEC' },
      },
    });
    expect(told(failure, { json: true }).split('\n')).toHaveLength(2);
    expect(JSON.parse(told(new Error('oops'), { json: true })).error.code).toBe('internal');
  });

  it('does not say twice what its message has of the cause', () => {
    expect(told(new MvmError('a', 'cannot write: ENOSPC', { cause: new Error('ENOSPC') }))).toBe(
      'mvm: cannot write: ENOSPC\n',
    );
  });

  it("cannot steer the reader's terminal", () => {
    expect(told(new MvmError('a', 'bad \x1b]0;title\x07 name'))).toBe('mvm: bad \\x1b]0;title\\x07 name\n');
  });
});

describe('colours', () => {
  const red = (isTTY: boolean, env: NodeJS.ProcessEnv) =>
    paints({ isTTY } as unknown as NodeJS.WriteStream, env).red('x');

  it('are for terminals, and for those who want them', () => {
    expect(red(true, {})).toBe('\x1b[31mx\x1b[39m');
    expect(red(true, { NO_COLOR: '' })).toBe('\x1b[31mx\x1b[39m');
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) expect(red(true, env)).toBe('x');
    expect(red(false, {})).toBe('x');
  });
});
