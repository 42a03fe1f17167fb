import { expect, test } from 'vitest';
import { runSteps, type Step } from './schedule.ts';

const silent = { say: () => {}, done: () => {} };

function step(name: string, order: string[], more: Partial<Step> = {}): Step {
  return {
    name,
    run: async () => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
    },
    ...more,
  };
}

const fail = async () => {
  throw new Error('no');
};

test('steps run side by side unless one waits for another', async () => {
  const order: string[] = [];
  await runSteps([step('a', order), step('b', order), step('c', order, { needs: ['a', 'b'] })], silent);
  expect(order).toEqual(['a begins', 'b begins', 'a ends', 'b ends', 'c begins', 'c ends']);
});

test('a failed step stops those that need it, and none of the others', async () => {
  const order: string[] = [];
  const steps = [
    { name: 'a', run: fail },
    step('b', order, { needs: ['a'] }),
    step('c', order, { needs: ['b'] }),
    step('d', order, { after: ['a'] }),
  ];
  const outcomes = await runSteps(steps, silent);
  expect(outcomes).toEqual(
    new Map<string, unknown>([
      ['a', { error: new Error('no') }],
      ['b', 'left out'],
      ['c', 'left out'],
      ['d', 'done'],
    ]),
  );
  expect(order).toEqual(['d begins', 'd ends']);
});

test("a step's news and its end are passed on under its name", async () => {
  const heard: string[] = [];
  const watch = {
    say: (name: string, text: string) => heard.push(`${name}: ${text}`),
    done: (name: string) => heard.push(name),
  };
  await runSteps(
    [
      { name: 'kernel', run: async (say) => say('compiles') },
      { name: 'agent', run: fail },
    ],
    watch,
  );
  expect(heard.toSorted()).toEqual(['agent', 'kernel', 'kernel: compiles']);
});
