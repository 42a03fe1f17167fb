import { describe, expect, it } from 'vitest';
import { answeredAfter, steps, ticks } from './timeline.ts';

describe('a start as a chart', () => {
  const whole = {
    requestedAt: 1,
    engineStarted: 9,
    kernelEntered: 12,
    agentReady: 180,
    programStarted: 190,
    firstByte: 201,
  };

  it('has each step begin where the one before ended', () => {
    const reached = steps(whole);
    expect(reached.map(({ from, to }) => [from, to])).toEqual([
      [0, 9],
      [9, 12],
      [12, 180],
      [180, 190],
      [190, 201],
    ]);
  });

  it('ends where the start ended, with what was reached', () => {
    expect(steps({ requestedAt: 1, engineStarted: 9 }).map(({ name }) => name)).toEqual(['Image and disk']);
    expect(steps({ requestedAt: 1 })).toEqual([]);
  });

  it('says which clock its one large figure stopped at', () => {
    expect(answeredAfter(whole)).toEqual({ ms: 201, what: 'request to first byte' });
    expect(answeredAfter({ requestedAt: 1, programStarted: 190 })?.what).toBe('request to program started');
    expect(answeredAfter({ requestedAt: 1, agentReady: 3 })).toBeNull();
  });

  it.each([
    [42, [0, 10, 20, 30, 40]],
    [1184, [0, 500, 1000]],
    [7, [0, 2, 4, 6]],
  ])('of %s ms has its marks at %s', (span, marks) => {
    expect(ticks(span)).toEqual(marks);
  });
});
