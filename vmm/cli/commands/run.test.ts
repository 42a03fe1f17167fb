import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RunWish, runArguments, runCommandLine } from '../../contract/command-line.ts';
import type { MvmError } from '../../contract/errors.ts';
import { parsePublish } from '../../contract/ports.ts';
import { completeRun } from '../../contract/run-defaults.ts';
import { ULIMITS } from '../../contract/ulimits.ts';
import { parseArguments } from '../arguments.ts';
import type { Context } from '../command.ts';
import { run, toRequest } from './run.ts';

const nothing: RunWish = completeRun({ image: 'linux', command: [] });

const context = { env: { TOKEN: 'here' }, stdout: { isTTY: false } } as unknown as Context;

function asked(args: string[]): RunWish {
  const { values, words } = parseArguments(args, run.options, { endAtFirstWord: true });
  const { id: _id, size: _size, ...wish } = toRequest(context, values as never, words);
  return wish;
}

function refusal(ask: () => unknown): MvmError {
  try {
    ask();
  } catch (error) {
    return error as MvmError;
  }
  throw new Error('it is not refused');
}

const text = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((each) => !each.includes('\0'));
const word = text.filter((each) => !each.startsWith('-') && each !== '');
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const variable = fc.tuple(fc.stringMatching(/^[A-Z_]{1,5}$/), text).map(([name, value]) => `${name}=${value}`);

const wishes: fc.Arbitrary<RunWish> = fc.record({
  image: word,
  name: maybe(text),
  command: fc.array(fc.oneof(text, fc.constantFrom('--', '-it', '--name')), { maxLength: 4 }),
  entrypoint: maybe(text),
  env: fc.array(variable, { maxLength: 3 }),
  cwd: maybe(text),
  user: maybe(text),
  tty: fc.boolean(),
  stdin: fc.boolean(),
  detach: fc.boolean(),
  remove: fc.boolean(),
  platform: maybe(text),
  cpus: maybe(fc.constantFrom(1, 0.5, 2.25)),
  memoryBytes: maybe(fc.nat().chain((count) => fc.constantFrom(count, count * 1024, count * 2 ** 20))),
  network: maybe(fc.constantFrom('none', 'user')),
  ports: fc.array(
    fc.record({
      protocol: fc.constantFrom('tcp', 'udp'),
      hostAddress: fc.constantFrom('127.0.0.1', '0.0.0.0', '::1'),
      hostPort: fc.nat({ max: 65_535 }),
      guestPort: fc.integer({ min: 1, max: 65_535 }),
    }),
    { maxLength: 3 },
  ),
  expose: fc.array(text, { maxLength: 2 }),
  publishAll: fc.boolean(),
  hostname: maybe(text),
  extraHosts: fc.array(
    fc.record({ name: fc.stringMatching(/^[a-z.]{1,6}$/), address: fc.oneof(fc.ipV4(), fc.ipV6()) }),
    { maxLength: 2 },
  ),
  readOnly: fc.boolean(),
  tmpfs: fc.array(
    fc.record({
      path: fc.stringMatching(/^\/[a-z/]{1,6}$/),
      options: fc.subarray(['size=64m', 'mode=755', 'exec']),
    }),
    { maxLength: 2 },
  ),
  shmBytes: maybe(fc.nat()),
  groups: fc.array(text, { maxLength: 2 }),
  dns: fc.record({
    servers: fc.array(fc.ipV4(), { maxLength: 2 }),
    search: fc.array(text, { maxLength: 2 }),
    options: fc.array(text, { maxLength: 2 }),
  }),
  sysctls: fc.dictionary(fc.stringMatching(/^[a-z]{1,4}\.[a-z]{1,4}$/), text, { maxKeys: 2, noNullPrototype: true }),
  ulimits: fc.array(
    fc.record({
      name: fc.constantFrom(...ULIMITS),
      soft: fc.integer({ min: -1, max: 2 ** 40 }),
      hard: fc.integer({ min: -1, max: 2 ** 40 }),
    }),
    { maxLength: 2 },
  ),
  labels: fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), text, { maxKeys: 2, noNullPrototype: true }),
  timeoutMs: maybe(fc.constantFrom(1, 1500, 30_000, 90_000, 7_200_000)),
  init: fc.boolean(),
  stopSignal: maybe(text),
  stopGraceMs: maybe(fc.constantFrom(0, 1, 1500, 30_000, 3_600_000)),
});

describe('the command line of a run', () => {
  it.each<[Partial<RunWish>, string]>([
    [{}, 'mvm run linux'],
    [{ tty: true, stdin: true, command: ['sh'] }, 'mvm run -it linux sh'],
    [{ detach: true, name: 'web', env: ['A=1 2', 'TOKEN'] }, `mvm run -d --name web -e 'A=1 2' -e TOKEN linux`],
    [{ memoryBytes: 1536 * 2 ** 20, timeoutMs: 90_000, cpus: 0.5 }, 'mvm run --cpus 0.5 -m 1536m --timeout 90s linux'],
    [{ command: ['sh', '-c', `echo "it's"`], entrypoint: '' }, `mvm run --entrypoint '' linux sh -c 'echo "it'\\''s"'`],
    [
      { ports: ['8080:80', '80', '[::1]::53/udp'].flatMap(parsePublish) },
      "mvm run -p 8080:80 -p 80 -p '[::1]::53/udp' linux",
    ],
    [{ command: ['--', 'x'] }, 'mvm run linux -- -- x'],
  ])('%j reads as a person would write it', (wish, line) => {
    expect(runCommandLine({ ...nothing, ...wish })).toBe(line);
  });

  it('asks for that run again, whatever it is', () => {
    fc.assert(
      fc.property(wishes, (wish) => {
        expect(asked(runArguments(wish).slice(1))).toEqual(wish);
      }),
    );
  });

  it('passes a shell unchanged', () => {
    fc.assert(
      fc.property(wishes, (wish) => {
        const said = execFileSync('sh', ['-c', `mvm() { printf '%s\\0' "$@"; }; ${runCommandLine(wish)}`]).toString();
        expect(said.split('\0').slice(0, -1)).toEqual(runArguments(wish));
      }),
      { numRuns: 40 },
    );
  });

  it('has a folder in memory by either name', () => {
    const mount = 'type=tmpfs,dst=/x,readonly,tmpfs-size=64m,tmpfs-mode=0700';
    expect(asked(['--mount', mount, '--tmpfs', '/y', 'linux']).tmpfs).toEqual([
      { path: '/y', options: [] },
      { path: '/x', options: ['ro', 'size=67108864', 'mode=0700'] },
    ]);
  });

  it.each([
    [['--label-file', '/nowhere'], 'cannot be read'],
    [['--mount', 'type=bind,src=/a,dst=/b'], 'folders cannot be shared yet'],
    [['--mount', 'dst=/b'], 'folders cannot be shared yet'],
    [['--mount', 'type=tmpfs'], 'destination='],
    [['--mount', 'type=tmpfs,dst=/b,propagation=shared'], "no 'propagation'"],
    [['--ulimit', 'nofile'], 'is not NAME=SOFT[:HARD]'],
    [['--ulimit', 'nofile=1:many'], "'many', which is no number"],
    [['--sysctl', 'net.ipv4.ip_forward'], 'is not NAME=VALUE'],
    [['--stop-timeout', '2h'], 'that is too long'],
    [['--restart', 'always'], 'mvm start and mvm restart'],
    [['--pull', 'always'], 'mvm images import'],
    [['--net', 'host'], '-p leads in'],
    [['--privileged'], 'every capability'],
  ])('is refused, with the reason or the way, for %j', (words, sentence) => {
    const said = refusal(() => asked([...words, 'linux']));
    expect(`${said.message} ${said.hint}`).toContain(sentence);
  });

  it('takes a variable without a value from where it is typed', () => {
    expect(asked(runArguments({ ...nothing, env: ['TOKEN'] }).slice(1)).env).toEqual(['TOKEN=here']);
  });
});
