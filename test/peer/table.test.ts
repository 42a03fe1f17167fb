import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findArtifacts, needArtifact } from '../../vmm/service/artifacts.ts';
import { share } from '../share.ts';
import { World } from '../world.ts';
import { configured } from './images.ts';
import { answerOf, freePodman, LIMITS, podmanIn, whyNoPodman } from './podman.ts';
import { type Case, type Step, table } from './table.ts';

interface Answer {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** One of the two programs, with files of its own. */
interface Peer {
  files: Record<string, string>;
  ask(words: readonly string[], input: string): Promise<Answer>;
  clear(): Promise<unknown>;
}

const folder = mkdtempSync(join(tmpdir(), 'mvm-peer-'));
const storage = join(folder, 'podman');
const podman = podmanIn(storage);
const env = { ...process.env, PEER_HERE: 'from here' };
const FANCY = {
  Entrypoint: ['/bin/sh', '-c', 'for word; do echo "entry $word"; done', '--'],
  Cmd: ['as', 'built'],
  Env: ['PATH=/bin:/usr/bin', 'A=image', 'B=image'],
  WorkingDir: '/srv/place',
  User: '1000:1000',
  StopSignal: 'SIGUSR1',
};

let mvm: World;
let obstacle: string | null = null;

beforeAll(async () => {
  mvm = new World({ env: { ...env, NO_COLOR: '1' } });
  const fancy = await configured(needArtifact(findArtifacts(process.env), 'baseImage'), folder, 'fancy', FANCY);
  expect(await mvm.mvm(['images', 'import', fancy, 'fancy'])).toMatchObject({ code: 0 });
  const base = `oci-archive:${needArtifact(findArtifacts(process.env), 'baseImage')}`;
  const refuse = async (argv: readonly string[]) => {
    const { code, stderr } = await answerOf(argv, '', env);
    if (code !== 0) throw new Error(stderr.trim());
  };
  const trial = ['run', '--rm', '--network=none', ...LIMITS, 'fancy', 'true'];
  obstacle = await whyNoPodman(refuse, podman, [base, `oci-archive:${fancy}`], trial);
});

afterAll(async () => {
  await answerOf([...podman, 'rm', '--all', '--force', '--time', '0'], '', env);
  freePodman(storage);
  await mvm.end();
  rmSync(folder, { recursive: true, force: true });
});

describe('podman and mvm answer alike', () => {
  it.for(share(table))('$says', async (each, { skip }) => {
    if (obstacle !== null) skip(`podman cannot run here: ${obstacle}`);
    const [theirs, ours] = await Promise.all([
      answers(each, {
        files: await ownFiles('podman'),
        ask: askPodman,
        clear: () => askPodman(['rm', '-f', '--time', '0', 'box'], ''),
      }),
      answers(each, {
        files: await ownFiles('mvm'),
        ask: (words, input) => mvm.mvm([...words], input),
        clear: () => mvm.mvm(['rm', '-f', 'box']),
      }),
    ]);
    expect(ours).toEqual(theirs);
  });
});

async function answers(each: Case, peer: Peer): Promise<unknown[]> {
  const given: unknown[] = [];
  try {
    for (const step of each.steps) given.push(compared(each, await take(peer, step), peer));
    return given;
  } finally {
    await peer.clear();
  }
}

async function take(peer: Peer, step: Step): Promise<Answer> {
  const { words, input } = 'words' in step ? step : { words: step, input: '' };
  const [verb, ...rest] = words.map((word) =>
    word.replace(/@(\w+)/, (_, name: string) => peer.files[name] ?? `@${name}`),
  );
  if (verb === '@cat') return { code: 0, stdout: readFileSync(rest[0] as string, 'utf8'), stderr: '' };
  if (verb === '@dial') return { code: 0, stdout: await dial(Number(rest[0])), stderr: '' };
  return peer.ask([verb as string, ...rest], input);
}

/** Ids and ports are each program's own. */
function compared({ stderr, refused }: Case, answer: Answer, peer: Peer): Record<string, unknown> {
  const plain = (text: string) =>
    text
      .replace(/\b[0-9a-f]{64}\b|\b[0-9a-f]{32}\b|\b[0-9a-f]{12}\b/g, 'ID')
      .replaceAll(peer.files.port as string, 'PORT');
  const own = answer.code === 125 || answer.code === 126 || answer.code === 127;
  return {
    code: refused && answer.code !== 0 ? 'refused' : answer.code,
    stdout: plain(answer.stdout).replaceAll('localhost/', '').replaceAll(':latest', ''),
    ...(stderr && !own && { stderr: plain(answer.stderr) }),
  };
}

/** `--rm` is ours by default, and podman's when nothing asks to keep the container. */
function askPodman(words: readonly string[], input: string): Promise<Answer> {
  const [verb = '', ...rest] = words;
  if (verb !== 'run') return answerOf([...podman, ...words], input, env);
  const kept = rest.includes('-d') || rest.includes('--name');
  const network = rest.includes('-p') ? 'slirp4netns' : 'none';
  return answerOf(
    [...podman, 'run', ...(kept ? [] : ['--rm']), `--network=${network}`, ...LIMITS, ...rest],
    input,
    env,
  );
}

async function ownFiles(name: string): Promise<Record<string, string>> {
  const own = mkdtempSync(join(folder, `${name}-`));
  mkdirSync(join(own, 'tree/sub'), { recursive: true });
  writeFileSync(join(own, 'tree/sub/leaf'), 'a leaf\n');
  writeFileSync(join(own, 'file'), 'a file\n', { mode: 0o640 });
  writeFileSync(join(own, 'env'), '# variables\nA=1\n\nB=two words\nC=file\n');
  const at = (path: string) => join(own, path);
  return { file: at('file'), tree: at('tree'), env: at('env'), back: at('back'), port: String(await freePort()) };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function dial(port: number): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    socket.on('error', (error) => resolve(`error: ${(error as NodeJS.ErrnoException).code}`));
    socket.on('close', () => resolve(said));
    socket.end();
  });
}
