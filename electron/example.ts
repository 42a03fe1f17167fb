/** Machines and runs for tests of what is pure here. */
import type { HistoryEntry, Machine } from '../vmm/contract/types.ts';
import { type Desk, EMPTY_DESK } from './desk.ts';

export function machine(name: string, more: Partial<Machine> = {}): Machine {
  return {
    id: name.padEnd(32, '0'),
    name,
    spec: {
      image: 'linux',
      imageDigest: 'sha256:0',
      vcpus: 1,
      cpuMillis: null,
      memoryBytes: 512 * 1024 ** 2,
      network: 'user',
      ports: [],
      hostname: name,
      extraHosts: [],
      readOnlyRoot: false,
      tmpfs: [],
      labels: {},
      process: {
        argv: ['sleep', '60'],
        env: [],
        cwd: '/',
        user: '',
        tty: false,
        stdin: false,
        size: null,
        ulimits: [],
        groups: [],
      },
      ephemeral: false,
      timeoutMs: null,
      shmBytes: null,
      dns: { servers: [], search: [], options: [] },
      sysctls: {},
      init: false,
      stopSignal: 'SIGTERM',
      stopGraceMs: null,
    },
    state: { name: 'running', since: 1 },
    created: 1,
    revision: 1,
    timeline: { requestedAt: 1 },
    ports: [],
    ...more,
  };
}

export const pastRun = (id: number, argv: string[], more: Partial<HistoryEntry> = {}): HistoryEntry => ({
  id,
  at: id,
  machine: null,
  image: 'linux',
  argv,
  envNames: [],
  request: null,
  exitCode: 0,
  durationMs: 1,
  ...more,
});

export const desk = (more: Partial<Desk>): Desk => ({ ...EMPTY_DESK, connected: true, ...more });
