/** How soon each engine lets a guest run: from its exec to the guest's first instruction, with all of a run's devices. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';
import type { LaunchPlan } from '../../vmm/engine/engine.ts';
import { homePaths, machineSockets } from '../../vmm/paths.ts';
import { openHost } from '../../vmm/service/host.ts';
import { bound, type Figure } from './figure.ts';
import type { Ground } from './ground.ts';

const PAIRS = 30;
const command = 'npm run bench -- engine';

export async function engine(ground: Ground): Promise<Figure[]> {
  const own = await planOf(ground, 'own');
  const stock = await planOf(ground, 'stock');
  const ratio = {
    what: "exec to the guest's first instruction, own engine by stock",
    unit: 'times',
    bound: bound(0.5),
  } as const;
  if (own.command === stock.command) {
    return [
      { ...ratio, samples: [], skipped: "mvm's own engine is not built: ./mvm --set-up-only builds it", command },
    ];
  }
  const samples: { own: number[]; stock: number[] } = { own: [], stock: [] };
  for (let pair = 0; pair <= PAIRS && !ground.signal.aborted; pair++) {
    const [mine, theirs] = [await toFirstInstruction(own), await toFirstInstruction(stock)];
    // The first of each reads its files from the disk.
    if (pair === 0) continue;
    samples.own.push(mine);
    samples.stock.push(theirs);
  }
  return [
    { ...ratio, samples: samples.own.map((ms, pair) => ms / (samples.stock[pair] ?? Number.NaN)), command },
    { what: '  own engine', unit: 'ms', samples: samples.own, command },
    { what: '  stock engine', unit: 'ms', samples: samples.stock, command },
  ];
}

/** As a run plans a machine, but with a firmware that says something at once, on the engine's stdout. */
async function planOf(ground: Ground, name: 'own' | 'stock'): Promise<LaunchPlan> {
  const folder = join(ground.folder, `engine-${name}`);
  mkdirSync(folder);
  const { engine: own, ...others } = ground.artifacts;
  const artifacts = name === 'own' && own ? { ...others, engine: own } : others;
  const env = { ...ground.env, MVM_QEMU: '' };
  const host = openHost({ env, artifacts, paths: homePaths(folder), runFolder: folder, log: () => undefined });
  const chosen = await host.engine();
  const id = randomBytes(16).toString('hex');
  const sockets = machineSockets(folder, id);
  mkdirSync(sockets.folder);
  const disks = { imageDisk: null, machineDisk: null };
  const hardware = { id, vcpus: 1, memoryBytes: 256 * 1024 ** 2, network: 'user', forwards: [], ...disks } as const;
  const engineLog = join(folder, 'engine.log');
  const plan = chosen.plan({ ...hardware, sockets, engineLog }, { name: 'tcg', tscKhz: 1 });
  const firmware = join(folder, 'firmware');
  writeFileSync(firmware, talkingFirmware());
  const argv = plan.argv.map((word) => (word.startsWith('socket,id=console,') ? 'stdio,id=console,signal=off' : word));
  return { ...plan, argv: [...argv, '-bios', firmware] };
}

/** 64 KiB that end with the processor's first instructions: a byte to the serial port, then nothing for ever. */
function talkingFirmware(): Buffer {
  const firmware = Buffer.alloc(64 * 1024);
  //             mov dx, 0x3f8; mov al, '!'; out dx, al; cli; hlt; jmp to hlt
  firmware.write('baf803b021eefaf4ebfd', firmware.length - 16, 'hex');
  return firmware;
}

/** From the shell's word just before it becomes the engine to the guest's, in ms; Node's own fork is not in it. */
async function toFirstInstruction(plan: LaunchPlan): Promise<number> {
  const { command, argv } = plan;
  const started = spawn('sh', ['-c', 'printf .; exec "$@"', 'sh', command, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = async () => {
    const [bytes] = (await Promise.race([once(started.stdout, 'data'), died(started)])) as [Buffer];
    return { at: performance.now(), both: bytes.length > 1 };
  };
  try {
    const execs = await said();
    // This process was kept waiting until both had spoken: that tells nothing of when.
    return execs.both ? await toFirstInstruction(plan) : (await said()).at - execs.at;
  } finally {
    started.kill('SIGKILL');
  }
}

async function died(started: ChildProcess): Promise<never> {
  let said = '';
  started.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  await once(started, 'close');
  throw new MvmError('bench.engine-died', `The engine ended before its guest ran: ${said.trim()}`);
}
