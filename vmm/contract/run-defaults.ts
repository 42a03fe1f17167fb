import type { RunRequest } from './types.ts';

type Wish = Omit<RunRequest, 'id' | 'size'>;

/** A run in which nothing was asked for but what `draft` says. */
export const completeRun = (draft: Partial<Wish> & Pick<Wish, 'image' | 'command'>): Wish => ({
  name: null,
  entrypoint: null,
  env: [],
  cwd: null,
  user: null,
  tty: false,
  stdin: false,
  detach: false,
  remove: false,
  platform: null,
  cpus: null,
  memoryBytes: null,
  network: null,
  ports: [],
  expose: [],
  publishAll: false,
  timeoutMs: null,
  init: false,
  stopSignal: null,
  stopGraceMs: null,
  hostname: null,
  extraHosts: [],
  readOnly: false,
  tmpfs: [],
  shmBytes: null,
  ulimits: [],
  groups: [],
  dns: { servers: [], search: [], options: [] },
  sysctls: {},
  labels: {},
  ...draft,
});
