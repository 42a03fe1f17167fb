import { describe, expect, it } from 'vitest';
import { world } from '../world.ts';

describe('machines', () => {
  it('are listed by template and by filter, as docker’s are', async () => {
    const w = world();
    await w.mvm(['run', '--name', 'done', '-l', 'app=shop', 'linux', 'sh', '-c', 'exit 3']);
    const up = await w.mvm([
      'run',
      '-d',
      '--name',
      'web',
      '-l',
      'app=shop',
      '-l',
      'tier=front',
      'linux',
      'sleep',
      '600',
    ]);
    const said = async (...args: string[]) => (await w.mvm(args)).stdout;

    expect(await said('ps', '--format', '{{.Names}} {{.State}} {{.Label "tier"}} {{.Command}}')).toBe(
      'web running front "sleep 600"\n',
    );
    expect(await said('ps', '-a', '--format', 'table {{.Names}}\\t{{.Image}}')).toBe(
      'NAMES   IMAGE\nweb     linux\ndone    linux\n',
    );
    expect(await said('ps', '--filter', 'status=exited', '--filter', 'exited=3', '--format', '{{.Names}}')).toBe(
      'done\n',
    );
    expect(await said('ps', '-aq', '--filter', 'label=app', '--filter', 'label=tier=front', '--no-trunc')).toBe(
      up.stdout,
    );
    expect(await said('ps', '-l', '--format', '{{.Names}}')).toBe('web\n');
    expect((await said('ps', '-n', '2', '-q')).split('\n')).toHaveLength(3);
    expect(await said('ps', '--filter', 'name=nothing', '-q')).toBe('');
    expect(await said('ps', '--filter', 'name=^/web$', '--format', '{{.Names}}')).toBe('web\n');
    expect(await said('ps', '--filter', 'ancestor=linux:latest', '--format', '{{.Names}}')).toBe('web\n');
    expect(await said('ps', '--format', '')).toMatch(/^MACHINE .*\n.* web /);
    expect(await said('inspect', '--format', '', 'web')).toMatch(/^\[\n {2}\{/);
    expect(await said('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}} {{.state.name}}', 'done')).toBe(
      'exited 3 stopped\n',
    );
    expect(await said('stats', '--no-stream', '--format', '{{.Name}}')).toBe('web\n');
    expect(await said('rm', '-f', ...(await said('ps', '-aq')).split('\n').filter(Boolean))).toMatch(
      /^[0-9a-f]{12}\n[0-9a-f]{12}\n$/,
    );
    expect(await said('ps', '-aq')).toBe('');
  });

  it('are not listed by a template that is none', async () => {
    const { stderr, code } = await world().mvm(['ps', '--format', '{{.Names']);
    expect(stderr).toBe("mvm: --format: }} is missing after '{{.Names'\n");
    expect(code).toBe(125);
  });
});

describe('images and versions', () => {
  it('are told by template', async () => {
    const w = world();
    await w.mvm(['run', 'linux', 'true']);
    expect((await w.mvm(['images', '--format', '{{.Repository}}:{{.Tag}}'])).stdout).toBe('linux:latest\n');
    expect((await w.mvm(['images', '--filter', 'reference=nope*', '-q'])).stdout).toBe('');
    const id = (await w.mvm(['images', 'ls', 'linux:latest', '--format', '{{.ID}}'])).stdout.trim();
    expect((await w.mvm(['images', 'ls', 'lin', '-q'])).stdout).toBe('');
    expect((await w.mvm(['run', id, 'echo', 'by its id'])).stdout).toBe('by its id\n');
    const { stdout } = await w.mvm(['version', '--format', '{{.Client.Version}} {{.Server.Version}}']);
    expect(stdout).toMatch(/^(\S+) \1\n$/);
  });
});
