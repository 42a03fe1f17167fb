import type { Page } from 'playwright-core';
import { bound, type Figure } from '../figure.ts';
import type { DesktopGround } from './ground.ts';

const BYTES = 50 * 1024 * 1024;
const COMMAND = 'npm run bench -- desktop';

interface Watch {
  mvmWatch: { chunks: Uint8Array[]; received: number; acknowledged: number; clicks: number[] };
}

/** Output of a real guest through a terminal: what xterm has taken, and how long a click waits meanwhile. */
export async function flood(desktop: DesktopGround): Promise<Figure[]> {
  const { ground } = desktop;
  const machine = await ground.machine();
  const make = `base64 /dev/urandom | head -c ${BYTES} > /tmp/flood; sha256sum /tmp/flood`;
  const { stdout } = await ground.run(['./mvm', 'exec', machine, 'sh', '-c', make]);
  const expected = stdout.split(' ', 1)[0];
  const size = { columns: 80, rows: 24 };
  const command = ['sh', '-c', 'stty -opost; read go; cat /tmp/flood; sleep 600'];
  await ground.call('openTerminal', { kind: 'exec', machine, command, size });
  const { page, context } = await desktop.page(`/#/machines/${machine}/terminal`, watch);
  try {
    await page.getByRole('textbox', { name: /^Terminal: / }).focus();
    const began = performance.now();
    await page.keyboard.press('Enter');
    while ((await taken(page)) < BYTES) await click(page);
    const seconds = (performance.now() - began) / 1000;
    const { digest, clicks } = await result(page, BYTES);
    if (digest !== expected) throw new Error(`the terminal took other bytes than were sent: ${digest}`);
    return [
      {
        what: '50 MiB of a guest through a terminal, digest equal',
        unit: 'MB/s',
        samples: [BYTES / 1e6 / seconds],
        command: COMMAND,
      },
      {
        what: '  the slowest click meanwhile, to its next frame',
        unit: 'ms',
        samples: [Math.max(...clicks)],
        bound: bound(100),
        command: COMMAND,
      },
    ];
  } finally {
    await context.close();
    await ground.run(['./mvm', 'rm', '--force', machine]);
  }
}

/** Sees what the page sees: bytes of the terminal's stream, and the credit that it gives for what xterm took. */
function watch(): void {
  const watched: Watch['mvmWatch'] = { chunks: [], received: 0, acknowledged: 0, clicks: [] };
  (globalThis as unknown as Watch).mvmWatch = watched;
  const credits = new Set<number>();
  const Plain = globalThis.WebSocket;
  globalThis.WebSocket = class extends Plain {
    constructor(url: string | URL) {
      super(url);
      if (!String(url).includes('/v1/terminals/')) return;
      this.addEventListener('message', ({ data }) => {
        const frame = new Uint8Array(data as ArrayBuffer);
        if (frame[0] !== 2) return;
        watched.chunks.push(frame.slice(1));
        watched.received += frame.length - 1;
      });
    }
    override send(data: Uint8Array<ArrayBuffer>): void {
      if (this.url.includes('/v1/terminals/') && data[0] === 0) {
        const message = JSON.parse(new TextDecoder().decode(data.subarray(1)));
        // The first credit of a channel is the window, given before anything came.
        if (message.type === 'credit' && credits.has(message.channel)) watched.acknowledged += message.bytes;
        if (message.type === 'credit') credits.add(message.channel);
      }
      super.send(data);
    }
  };
  addEventListener('pointerdown', ({ timeStamp }) => {
    requestAnimationFrame(() => setTimeout(() => watched.clicks.push(performance.now() - timeStamp)));
  });
}

const taken = (page: Page): Promise<number> =>
  page.evaluate(() => (globalThis as unknown as Watch).mvmWatch.acknowledged);

/** On a tab that is chosen already: what is measured is whether the window hears it. */
async function click(page: Page): Promise<void> {
  await page.getByRole('tab', { name: /^Terminal/ }).click();
  await page.waitForTimeout(500);
}

const result = (page: Page, last: number): Promise<{ digest: string; clicks: number[] }> =>
  page.evaluate(async (bytes) => {
    const { chunks, clicks } = (globalThis as unknown as Watch).mvmWatch;
    const all = new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', all.slice(-bytes)));
    return { digest: [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join(''), clicks };
  }, last);
