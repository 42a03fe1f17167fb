import { join } from 'node:path';
import { expect, it } from 'vitest';
import { homeFolder } from './paths.ts';

it('a relative MVM_HOME means the same folder for the service, which runs elsewhere', () => {
  expect(homeFolder({ MVM_HOME: 'here' })).toBe(join(process.cwd(), 'here'));
});
