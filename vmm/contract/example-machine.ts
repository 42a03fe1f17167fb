/** A machine for tests of what is pure: one that runs, with nothing asked for. */
import type { Machine } from './types.ts';

export function exampleMachine(name: string, more: Partial<Machine> = {}): Machine {
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
