import { describe, expect, it } from 'vitest';
import { chart, printTiming } from './timing.ts';
import { textWidth } from './width.ts';

const timeline = {
  requestedAt: 1,
  engineStarted: 80,
  kernelEntered: 240,
  agentReady: 640,
  programStarted: 700,
  firstByte: 701,
  exited: 800,
};

const plain = (text: string) => text;
const look = { cyan: plain, yellow: plain, dim: plain, glyphs: true };

function printed(isTTY: boolean, env: NodeJS.ProcessEnv, json = false): string {
  let text = '';
  const write = (part: string) => {
    text += part;
    return true;
  };
  printTiming({ stderr: { isTTY, columns: 80, write }, env } as never, timeline, json);
  return text;
}

describe('the chart of a start', () => {
  it('has a bar over the time of each step, with what it took', () => {
    const lines = chart({ requestedAt: 1, engineStarted: 100, programStarted: 300, exited: 400 }, 80, look);
    expect(lines).toEqual([
      `ms since request  ${' '.repeat(42)}       at       took`,
      `engine started    ${'█'.repeat(10)}▌${' '.repeat(31)}    100.0      100.0`,
      `program started   ${' '.repeat(10)}${'█'.repeat(21)}▌${' '.repeat(10)}    300.0      200.0`,
      `exited            ${' '.repeat(31)}${'█'.repeat(11)}    400.0      100.0`,
    ]);
  });

  it('fits terminals, shows what took no time, and is a table where there is no room', () => {
    for (const columns of [48, 60, 80, 120, 200]) {
      const lines = chart(timeline, columns, look);
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(columns);
      expect(lines[5]).toMatch(/[▏▎▍▌▋▊▉█]/);
    }
    expect(chart(timeline, 40, look)[1]).toBe('engine started         80.0 ms      +80.0');
  });

  it('is ASCII where the terminal has no more', () => {
    expect(chart(timeline, 80, { ...look, glyphs: false }).join('\n')).toMatch(/^[\x20-\x7e\n]*$/);
  });

  it('says which step took longest', () => {
    const marked = chart(timeline, 80, { ...look, yellow: (text) => `<${text}>` });
    expect(marked.filter((line) => line.includes('<')).map((line) => line.slice(0, 11))).toEqual(['agent ready']);
  });
});

describe('timing', () => {
  it('is a chart on a terminal alone', () => {
    expect(printed(true, { TERM: 'xterm', NO_COLOR: '1' })).toContain('█');
    for (const text of [printed(false, {}), printed(true, { TERM: 'dumb' })]) {
      expect(text.split('\n').slice(0, 3)).toEqual([
        'request                 0.0 ms',
        'engine started         80.0 ms      +80.0',
        'kernel entered        240.0 ms     +160.0',
      ]);
    }
    expect(JSON.parse(printed(true, {}, true))).toEqual(timeline);
  });
});
