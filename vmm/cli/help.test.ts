import { describe, expect, it } from 'vitest';
import { commands, loadGroups } from './commands/index.ts';
import { commandHelp, overview } from './help.ts';
import { textWidth } from './width.ts';

const loaded = await loadGroups();
const all = loaded.flatMap((group) => group.commands);

describe('the help', () => {
  it.each(all.map((command) => [command.name, command] as const))(
    'of %s fits 80 columns and has an example',
    (_, command) => {
      const lines = commandHelp(command, 80).split('\n');
      for (const line of lines) expect(textWidth(line), line).toBeLessThanOrEqual(80);
      expect(lines.filter((line) => line.startsWith(`  mvm ${command.name}`))).not.toHaveLength(0);
    },
  );

  it('has notes that are whole paragraphs, for they are filled to the width of the reader', () => {
    for (const { name, notes = [] } of all) for (const note of notes) expect(note, name).toMatch(/[.)]$/);
  });

  it('lists every command in its group on lines that fit', () => {
    const lines = overview(loaded, 80).split('\n');
    for (const line of lines) expect(textWidth(line), line).toBeLessThanOrEqual(80);
    for (const name of Object.keys(commands))
      expect(
        lines.some((line) => line.startsWith(`  ${name} `)),
        name,
      ).toBe(true);
  });

  it('knows each command by the name it is called with', () => {
    expect(all.map(({ name }) => name)).toEqual(Object.keys(commands));
  });
});
