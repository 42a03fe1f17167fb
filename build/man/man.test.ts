import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { loadGroups } from '../../vmm/cli/commands/index.ts';
import { manual } from './pages.ts';
import { paragraphs, prose, usageText } from './roff.ts';

const groups = await loadGroups();
const commands = groups.flatMap((group) => group.commands);
const pages = [...manual(groups, { version: '1.2.3', date: '2026-11-26' })];

const hasMandoc = spawnSync('mandoc', ['-Tlint'], { input: '' }).error === undefined;

/** As a reader sees it: bold and italics, which are written by going back, taken away. */
function read(page: string): string {
  const { stdout } = spawnSync('mandoc', ['-Tutf8', '-Owidth=100'], { input: page, encoding: 'utf8' });
  return stdout.replace(/.[\b]/gu, '');
}

describe('the manual', () => {
  it('has a page for mvm and for each of its commands', () => {
    expect(pages.map(([name]) => name)).toEqual(['mvm.1', ...commands.map(({ name }) => `mvm-${name}.1`)]);
  });

  it.skipIf(!hasMandoc).each(pages)('is well formed: %s', (_, page) => {
    const { stdout, status } = spawnSync('mandoc', ['-Tlint', '-Wwarning'], { input: page, encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  it.skipIf(!hasMandoc).each(commands)(
    'tells all that the help of $name does',
    ({ name, options, examples, notes = [] }) => {
      const text = read(pages.find(([page]) => page === `mvm-${name}.1`)?.[1] ?? '');
      const words = text.replace(/\s+/g, ' ');
      for (const option of Object.keys(options)) expect(words).toContain(`--${option}`);
      for (const line of examples) expect(text).toContain(`mvm ${line}`);
      for (const note of notes) expect(words).toContain(note.replace(/\s+/g, ' '));
    },
  );

  it('takes no character of ours for one of roff’s', () => {
    expect(paragraphs(['.dot'])).toEqual(['\\&.dot']);
    expect(prose("a.dot and 'quote', \\t, --rm and -d, a-b, naïve …")).toBe(
      'a.dot and \\(aqquote\\(aq, \\et, \\fB\\-\\-rm\\fR and \\fB\\-d\\fR, a\\-b, na\\[u00EF]ve \\[u2026]',
    );
    expect(usageText('images [ls | rm IMAGE...]')).toBe('\\fBimages\\fR [\\fBls\\fR | \\fBrm\\fR \\fIIMAGE\\fR...]');
  });
});
