/** Command lines that podman and mvm must answer alike, with the same image. */

/** Words of one command; an object gives it something to read. */
export type Step = readonly string[] | { words: readonly string[]; input: string };

export interface Case {
  says: string;
  steps: readonly Step[];
  /** that it fails is compared, and not how: each program has codes of its own for what it refuses */
  refused?: true;
  /** the programs' stderr is the guest's own and is compared as well */
  stderr?: true;
}

const run = (says: string, ...words: string[]): Case => ({ says, steps: [['run', ...words]] });
const fed = (says: string, input: string, ...words: string[]): Case => ({
  says,
  steps: [{ words: ['run', ...words], input }],
});
const sh = (says: string, script: string, ...options: string[]): Case =>
  run(says, ...options, 'linux', 'sh', '-c', script);

/** A container or machine named box that lives on, and what is done to it. */
const box = (says: string, ...steps: Step[]): Case => ({
  says,
  steps: [['run', '-d', '--name', 'box', 'linux', 'sleep', '1000'], ...steps],
});
const program = (script: string): Step => ['run', '-d', '--name', 'box', 'linux', 'sh', '-c', script];
const inBox = (script: string): Step => ['exec', 'box', 'sh', '-c', script];

const TRAP = 'trap "echo got it; exit 5" TERM HUP USR1; while :; do sleep 0.1; done';

export const table: readonly Case[] = [
  // What runs.
  run('a command and its words', 'linux', 'echo', 'a', 'b'),
  run('the image’s entrypoint and command', 'fancy'),
  run('the image’s entrypoint with other words', 'fancy', 'one', 'two words'),
  run('another entrypoint', '--entrypoint', 'echo', 'linux', 'x'),
  run('another entrypoint, which drops the image’s command', '--entrypoint', 'echo', 'fancy'),
  run('an entrypoint by its path', '--entrypoint', '/bin/cat', 'linux', '/etc/passwd'),
  run('no entrypoint at all', '--entrypoint', '', 'fancy', 'echo', 'plain'),
  run('a program found in PATH as the run sets it', '-e', 'PATH=/bin', 'linux', 'echo', 'found'),
  // Variables.
  sh('a variable', 'echo "$A"', '-e', 'A=1'),
  sh('the last of two', 'echo "$A"', '-e', 'A=1', '-e', 'A=2'),
  sh('one from here', 'echo "$PEER_HERE"', '-e', 'PEER_HERE'),
  sh('one that is not set here', 'env | grep -c PEER_NOWHERE', '-e', 'PEER_NOWHERE'),
  sh('an empty one', 'env | grep ^A=', '-e', 'A='),
  sh('one with spaces, equals signs and quotes', 'echo "$A"', '-e', 'A=x=y "z" \'q\''),
  run('the image’s, and one instead of it', '-e', 'B=run', '--entrypoint', 'sh', 'fancy', '-c', 'echo $A $B'),
  sh('HOME of root', 'echo $HOME'),
  sh('PATH when nobody sets it', 'echo $PATH'),
  sh('TERM of a terminal', 'echo $TERM', '-t'),
  // Who runs it.
  sh('a user by number', 'id -u; id -g', '-u', '1000'),
  sh('a user and a group by number', 'id -u; id -g', '-u', '1000:1001'),
  sh('a user by name', 'id -un; id -gn; echo $HOME', '-u', 'nobody'),
  sh('a user and a group by name', 'id -u; id -g', '-u', 'nobody:root'),
  run('a user that the image does not know', '-u', 'nosuchuser', 'linux', 'true'),
  run('the image’s user', '--entrypoint', 'id', 'fancy', '-u'),
  // Where.
  run('a folder', '-w', '/tmp', 'linux', 'pwd'),
  run('the image’s folder', '--entrypoint', 'pwd', 'fancy'),
  run('a folder that is none', '-w', 'not/absolute', 'linux', 'pwd'),
  // How it ends.
  sh('exit 0', 'exit 0'),
  sh('exit 1', 'exit 1'),
  sh('exit 42', 'exit 42'),
  sh('exit 255', 'exit 255'),
  sh('a child killed', 'sh -c "kill -9 \\$\\$"; echo $?'),
  sh('a child ended', 'sh -c "kill -TERM \\$\\$"; echo $?'),
  sh('a signal to PID 1 that it does not handle', 'kill -TERM $$; echo alive'),
  sh('PID 1', 'echo $$'),
  run('a program that is not there', 'linux', 'nosuchprogram'),
  run('a path that is not there', 'linux', '/no/such/program'),
  run('a file that is no program', 'linux', '/etc/passwd'),
  run('a folder as a program', 'linux', '/etc'),
  run('a name that is no option', '--nosuchoption', 'linux', 'true'),
  run('a memory that is none', '-m', 'much', 'linux', 'true'),
  // Quoting.
  run('empty words', 'linux', 'printf', '[%s]', '', 'a', ''),
  run('spaces, quotes and stars', 'linux', 'printf', '[%s]', 'a b', `"q"`, `'s'`, '*', '$HOME', '`x`', '\\'),
  run('lines and tabs', 'linux', 'printf', '[%s]', 'a\nb\tc'),
  run('words of other scripts', 'linux', 'printf', '[%s]', 'žluťoučký', '漢字', '🙂'),
  run('words that look like options', 'linux', 'echo', '-n', '--rm', '-it', '--', 'x'),
  // What goes in and out.
  fed('stdin', 'some text\n', '-i', 'linux', 'cat'),
  fed('no stdin without -i', 'some text\n', 'linux', 'cat'),
  fed('a megabyte of stdin', 'x'.repeat(1_048_576), '-i', 'linux', 'wc', '-c'),
  fed('stdin that nobody reads', 'x'.repeat(1_048_576), '-i', 'linux', 'true'),
  fed('stdin that is read in part', 'one\ntwo\n', '-i', 'linux', 'head', '-n', '1'),
  fed('a script on stdin', 'echo from stdin; exit 3', '-i', 'linux', 'sh'),
  { ...sh('stdout and stderr apart', 'echo out; echo err >&2'), stderr: true },
  sh('a line without its end', 'printf end'),
  sh('a terminal', 'test -t 0 && test -t 1 && test -t 2 && echo all; tty', '-t'),
  sh('no terminal', 'test -t 0 || test -t 1 || test -t 2 || echo none'),
  sh('lines of a terminal end as a terminal’s do', 'echo one; echo two >&2', '-t'),
  // What it is given.
  run('a hostname', '--hostname', 'tea.example', 'linux', 'hostname'),
  sh('a host', 'grep db /etc/hosts | tr "\\t" " "', '--add-host', 'db:10.0.0.7'),
  sh('a read-only root', 'touch /x 2>/dev/null || echo refused', '--read-only'),
  sh('a folder in memory', 'touch /scratch/x && echo wrote', '--read-only', '--tmpfs', '/scratch'),
  sh(
    'a folder in memory of a size',
    'df -k /scratch | tail -n 1 | tr -s " " | cut -d" " -f 1,2',
    '--tmpfs',
    '/scratch:size=1m',
  ),
  sh('a file of variables', 'echo $A-$B-$C', '--env-file', '@env', '-e', 'C=3'),
  sh(
    'limits, groups, shared memory, a folder in memory and a setting of the kernel',
    [
      'ulimit -Sn; ulimit -Hn; ulimit -c; id -G; stat -c %a /m; cat /proc/sys/kernel/msgmax',
      'df -k /dev/shm /m | tail -n 2 | tr -s " " | cut -d" " -f 2',
    ].join('; '),
    ...['--ulimit', 'nofile=100:200', '--ulimit', 'core=0', '--group-add', '12', '--shm-size', '2m'],
    ...['--mount', 'type=tmpfs,destination=/m,tmpfs-size=1m,tmpfs-mode=0750', '--sysctl', 'kernel.msgmax=4000'],
  ),
  {
    says: 'what makes no sense',
    steps: [
      ['--ulimit', 'nofile=5:1'],
      ['--ulimit', 'nosuch=5'],
      ['--stop-signal', 'NOSUCH'],
      ['--cidfile', '@file'],
      ['--label-file', '@nothing'],
      ['--restart', 'sometimes'],
      ['--pull', 'sometimes'],
      ['--mount', 'type=nothing,destination=/m'],
      ['--dns', 'nowhere'],
      ['--group-add', 'nosuchgroup'],
    ].map((words) => ['run', ...words, 'linux', 'true']),
  },
  {
    says: 'files of labels and for the id, and what further programs are given',
    steps: [
      [
        ...['run', '-d', '--name', 'box', '--label-file', '@env', '--cidfile', '@back'],
        ...['--ulimit', 'stack=1048576:2097152', '--group-add', '12', 'linux', 'sleep', '1000'],
      ],
      ['@cat', '@back'],
      ['ps', '--filter', 'label=B=two words', '--format', '{{.Names}}'],
      inBox('ulimit -Ss; ulimit -Hs; id -G'),
      ['exec', '-u', '1000', 'box', 'sh', '-c', 'ulimit -s; id -G'],
    ],
  },
  // What stays.
  box('a further program', inBox('echo inside; exit 7')),
  box('a further program with variables, folder and user', [
    ...['exec', '-e', 'A=1', '-w', '/tmp', '-u', 'nobody', 'box', 'sh', '-c', 'echo $A $(pwd) $(id -un)'],
  ]),
  box('stdin of a further program', { words: ['exec', '-i', 'box', 'cat'], input: 'given' }),
  box('a terminal of a further program', ['exec', '-t', 'box', 'sh', '-c', 'test -t 1 && echo terminal']),
  box('a further program that is not there', ['exec', 'box', 'nosuchprogram']),
  box('a further program in nothing', ['exec', 'nobox', 'true']),
  box('what one program writes, another reads', inBox('echo kept >/file'), inBox('cat /file')),
  box(
    'a further program left alone',
    ['exec', '-d', 'box', 'sh', '-c', 'echo there >/left'],
    inBox('sleep 1; cat /left'),
  ),
  { says: 'the code of a program that is waited for', steps: [program('sleep 1; exit 9'), ['wait', 'box']] },
  {
    says: 'what it printed',
    steps: [program('echo out; echo err >&2'), ['wait', 'box'], ['logs', 'box']],
    stderr: true,
  },
  {
    says: 'the last line of what it printed',
    steps: [program('echo 1; echo 2'), ['wait', 'box'], ['logs', '--tail', '1', 'box']],
  },
  {
    says: 'a program that is asked to stop',
    steps: [program(TRAP), inBox('sleep 1'), ['stop', 'box'], ['logs', 'box'], ['wait', 'box']],
  },
  { says: 'a program that does not stop', steps: [program('sleep 1000'), ['stop', '-t', '1', 'box'], ['wait', 'box']] },
  {
    says: 'a signal',
    steps: [program(TRAP), inBox('sleep 1'), ['kill', '-s', 'USR1', 'box'], ['wait', 'box'], ['logs', 'box']],
  },
  {
    says: 'a signal by its number',
    steps: [program(TRAP), inBox('sleep 1'), ['kill', '--signal', '1', 'box'], ['wait', 'box']],
  },
  box('a kill', ['kill', 'box'], ['wait', 'box']),
  {
    says: 'a stop signal of the image',
    steps: [
      ['run', '-d', '--name', 'box', '--entrypoint', 'sh', 'fancy', '-c', TRAP],
      inBox('sleep 1'),
      ['stop', 'box'],
      ['wait', 'box'],
      ['logs', 'box'],
    ],
  },
  {
    says: 'a stop signal of the run, and how long it waits',
    steps: [
      [
        ...['run', '-d', '--name', 'box', '--stop-signal', 'HUP', '--stop-timeout', '1', 'linux'],
        ...['sh', '-c', 'trap "echo got it" HUP; while :; do sleep 0.1; done'],
      ],
      inBox('sleep 1'),
      ['stop', 'box'],
      ['wait', 'box'],
      ['logs', 'box'],
      ['inspect', '--format', '{{.Config.StopTimeout}}', 'box'],
    ],
  },
  {
    says: 'a second start',
    steps: [
      program('echo run >>/runs; cat /runs'),
      ['wait', 'box'],
      ['start', 'box'],
      ['wait', 'box'],
      ['logs', 'box'],
    ],
  },
  {
    says: 'a start that is watched',
    steps: [program('echo out; echo err >&2; exit 7'), ['wait', 'box'], ['start', '-a', 'box']],
  },
  box('a restart', inBox('echo kept >/file'), ['restart', '-t', '0', 'box'], inBox('cat /file')),
  box('a pause', ['pause', 'box'], ['ps', '--filter', 'status=paused', '--format', '{{.Names}}']),
  box('another name', ['rename', 'box', 'crate'], ['exec', 'crate', 'echo', 'renamed'], ['rename', 'crate', 'box']),
  box('a name that is taken', ['run', '-d', '--name', 'box', 'linux', 'true']),
  { ...box('a removal while it runs', ['rm', 'box']), refused: true },
  {
    says: 'a removal by force, with its volumes',
    // podman asks first, and waits ten seconds for one that does not listen.
    steps: [program('trap exit TERM; while :; do sleep 0.1; done'), ['rm', '-fv', 'box'], ['ps', '-aq']],
  },
  { ...box('a removal of nothing', ['rm', 'nobox']), refused: true },
  box('names alone', ['ps', '--format', '{{.Names}}']),
  box(
    'those of a name',
    ['ps', '-a', '--filter', 'name=bo', '--format', '{{.Names}} {{.Image}}'],
    ['ps', '-q', '--filter', 'name=nobody'],
  ),
  {
    says: 'a label',
    steps: [
      ['run', '-d', '--name', 'box', '--label', 'tier=front', 'linux', 'sleep', '1000'],
      ['ps', '--filter', 'label=tier=front', '--format', '{{.Names}}'],
      ['ps', '-q', '--filter', 'label=tier=back'],
    ],
  },
  {
    says: 'nothing of a run that is removed',
    steps: [
      ['run', '--rm', '--name', 'box', 'linux', 'true'],
      ['ps', '-aq'],
    ],
  },
  // Files.
  box('a file copied in', ['cp', '@file', 'box:/tmp/copied'], inBox('cat /tmp/copied; stat -c "%u %a" /tmp/copied')),
  box('a file copied into a folder', ['cp', '@file', 'box:/tmp/'], inBox('cat /tmp/file')),
  box('a folder copied in', ['cp', '@tree', 'box:/tmp'], inBox('cd /tmp/tree && find . | sort && cat sub/leaf')),
  box('a folder’s contents copied in', ['cp', '@tree/.', 'box:/tmp'], inBox('cat /tmp/sub/leaf')),
  box('a folder copied to a new name', ['cp', '@tree', 'box:/tmp/newname'], inBox('cat /tmp/newname/sub/leaf')),
  box('a file copied out', inBox('echo from inside >/out'), ['cp', 'box:/out', '@back'], ['@cat', '@back']),
  box(
    'a folder copied out',
    inBox('mkdir -p /d/e; echo deep >/d/e/f'),
    ['cp', 'box:/d', '@back'],
    ['@cat', '@back/e/f'],
  ),
  box('a file that is not there', ['cp', 'box:/nothing', '@back']),
  box('a folder to copy to that is not there', ['cp', '@file', 'box:/no/such/folder/']),
  // Ports.
  {
    says: 'a published port',
    steps: [
      [
        'run',
        '-d',
        '--name',
        'box',
        '-p',
        '127.0.0.1:@port:80',
        'linux',
        'sh',
        '-c',
        'while :; do echo hello | nc -l -p 80; done',
      ],
      inBox('sleep 1'),
      ['@dial', '@port'],
      ['port', 'box', '80'],
      ['port', 'box', '81'],
    ],
  },
];
