// SPDX-License-Identifier: GPL-2.0-only
import { expect, test } from 'vitest';
import { engineEdits } from './index.ts';

const changes = engineEdits.flatMap(({ name, changes }) =>
  changes.map((change) => [name, change.file, change] as const),
);

test.each(changes)('%s refuses a %s that changed', (_name, _file, change) => {
  expect(() => change.apply('int main(void) { return 0; }\n')).toThrow('not found');
});

test('an edit is named as it stands in a version, in one word', () => {
  for (const { name } of engineEdits) expect(name).toMatch(/^[a-z-]+$/);
});
