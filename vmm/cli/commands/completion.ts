import { MvmError } from '../../contract/errors.ts';
import { nearest } from '../../contract/nearest.ts';
import { defineCommand } from '../command.ts';
import { SHELLS, scripts } from '../complete/scripts.ts';

export const completion = defineCommand({
  name: 'completion',
  summary: 'Print what makes a shell complete mvm command lines',
  words: 'bash|zsh|fish',
  count: { least: 1, most: 1 },
  options: {},
  notes: [
    'It completes commands, options and their values, and the names of machines, images, sessions and past runs that there are. Pressing tab starts no service.',
    'For fish: mvm completion fish > ~/.config/fish/completions/mvm.fish. In ~/.bashrc: source <(mvm completion bash). In ~/.zshrc, after compinit: source <(mvm completion zsh).',
  ],
  examples: ['completion bash'],
  async handle({ stdout }, _values, [wanted = '']) {
    const shell = SHELLS.find((each) => each === wanted);
    if (!shell) throw noSuchShell(wanted);
    stdout.write(scripts[shell]);
    return 0;
  },
});

function noSuchShell(wanted: string): MvmError {
  const meant = nearest(wanted, SHELLS);
  return new MvmError('usage', `there is no completion for '${wanted}'`, {
    hint: meant ? `Did you mean ${meant}?` : 'Either bash, zsh or fish.',
  });
}
