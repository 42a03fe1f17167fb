import { describe, expect, it } from 'vitest';
import { eventually, world } from '../world.ts';

describe('the history', () => {
  it('remembers what ran, with names of variables and never their values', async () => {
    const w = world();
    await w.mvm(['run', '-e', 'TOKEN=secret-value', '--name', 'x', 'linux', 'sh', '-c', 'exit 4']);
    const { body } = await w.api('GET', '/v1/history');
    expect(body).toMatchObject({
      runs: [
        {
          image: 'linux',
          argv: ['sh', '-c', 'exit 4'],
          envNames: ['TOKEN'],
          exitCode: 4,
          request: { name: 'x', command: ['sh', '-c', 'exit 4'] },
        },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('secret-value');
    const listed = await w.mvm(['history']);
    expect(listed.stdout).toMatch(/^ *1 .* 4 {3}mvm run --name x -e TOKEN linux sh -c 'exit 4'$/m);
    const [run] = JSON.parse((await w.mvm(['history', '-n', '1', '--json'])).stdout);
    expect(run).toMatchObject({ id: 1, commandLine: "mvm run --name x -e TOKEN linux sh -c 'exit 4'" });
  });

  it('is told to who watches, at the beginning of a run and at its end', async () => {
    const w = world();
    await w.mvm(['ps']);
    const watch = w.start(['events', '--json']);
    await new Promise((resolve) => watch.child.stdout?.once('data', resolve));
    await w.mvm(['run', 'linux', 'sh', '-c', 'exit 3']);
    const told = () =>
      watch
        .stdout()
        .split('\n')
        .filter((line) => line.includes('"type":"history"'));
    await eventually(() => told().length === 2, 'the end of the run');
    const runs = told().map((line) => JSON.parse(line).run);
    expect(runs.map(({ id, exitCode }) => [id, exitCode])).toEqual([
      [1, null],
      [1, 3],
    ]);
  });
});

describe('again', () => {
  it('runs the last command line, with the values that variables have now', async () => {
    const w = world({ env: { GREETING: 'hello' } });
    const first = await w.mvm(['run', '-e', 'GREETING', '-w', '/tmp', 'linux', 'sh', '-c', 'echo $GREETING; pwd']);
    expect(first.stdout).toBe('hello\n/tmp\n');
    w.env.GREETING = 'good evening';
    expect((await w.mvm(['again'])).stdout).toBe('good evening\n/tmp\n');
    expect((await w.mvm(['again', '1', '-e', 'GREETING=bye'])).stdout).toBe('bye\n/tmp\n');
  });

  it('says which variables have no value here, and how to give one', async () => {
    const w = world();
    await w.mvm(['run', '-e', 'TOKEN=secret-value', 'linux', 'sh', '-c', 'test "$TOKEN" = new && exit 7']);
    const refused = await w.mvm(['again']);
    expect(refused).toMatchObject({ code: 125, stdout: '' });
    expect(refused.stderr).toBe(
      'mvm: run 1 had variables that are not set here: TOKEN\n' +
        'Set them, or give them: mvm again 1 -e TOKEN=VALUE\n',
    );
    expect((await w.mvm(['again', '-e', 'TOKEN=new'])).code).toBe(7);
  });

  it('finds a run by its number or its machine, prints it when asked to, and says when there is none', async () => {
    const w = world();
    expect((await w.mvm(['again'])).stderr).toContain('nothing was run yet');
    await w.mvm(['run', 'linux', 'echo', "it's"]);
    const { stdout } = await w.mvm(['run', '-d', '--name', 'web', 'linux', 'sleep', '600']);
    expect((await w.mvm(['again', '--print'])).stdout).toBe('mvm run -d --name web linux sleep 600\n');
    expect((await w.mvm(['again', '--print', '1'])).stdout).toBe("mvm run linux echo 'it'\\''s'\n");
    expect((await w.mvm(['again', '--print', stdout.slice(0, 8)])).stdout).toBe(
      'mvm run -d --name web linux sleep 600\n',
    );
    expect((await w.mvm(['again', '77'])).stderr).toContain("there is no past run '77'");
    expect((await w.mvm(['again', '1'])).stdout).toBe("it's\n");
    expect((await w.mvm(['again', '2'])).stderr).toContain('exists already');
  });
});
