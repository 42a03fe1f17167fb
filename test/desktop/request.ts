/** Runs as a test's page asks for them. */
import type { RunRequest } from '../../vmm/contract/types.ts';

const NOTHING_ASKED: Omit<RunRequest, 'image' | 'command'> = {
  id: null,
  name: null,
  entrypoint: null,
  env: [],
  cwd: null,
  user: null,
  tty: false,
  stdin: true,
  size: null,
  detach: false,
  remove: false,
  cpus: null,
  memoryBytes: null,
  network: null,
  ports: [],
  timeoutMs: null,
  hostname: null,
  extraHosts: [],
  readOnly: false,
  tmpfs: [],
  labels: {},
};

export const running = (...command: string[]): RunRequest => ({ ...NOTHING_ASKED, image: 'linux', command });
