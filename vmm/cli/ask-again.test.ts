import { describe, expect, it } from 'vitest';
import { MvmError } from '../contract/errors.ts';
import { askAgain } from './ask-again.ts';

/** Answers with these in turn; a code is a refusal. */
function answering(...answers: string[]): () => Promise<string> {
  return async () => {
    const answer = answers.shift() ?? '';
    if (answer.includes('.')) throw new MvmError(answer, answer);
    return answer;
  };
}

describe('what comes to the same when it is asked for twice', () => {
  it('is asked for again while the service is dying, and no more than it takes', async () => {
    expect(await askAgain(answering('done'))).toBe('done');
    expect(await askAgain(answering('service.lost', 'service.lost', 'done'))).toBe('done');
    const lost = ['service.lost', 'service.lost', 'service.lost', 'service.lost', 'done'];
    await expect(askAgain(answering(...lost))).rejects.toThrow('service.lost');
  });

  it('is done when the thing is gone at the second time, and refused when it never was there', async () => {
    expect(await askAgain(answering('service.lost', 'machine.not-found'))).toBeNull();
    await expect(askAgain(answering('machine.not-found'))).rejects.toThrow('machine.not-found');
    await expect(askAgain(answering('service.lost', 'machine.busy'))).rejects.toThrow('machine.busy');
  });
});
