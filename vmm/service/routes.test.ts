import { describe, expect, it } from 'vitest';
import { addressOf, operations } from '../contract/operations.ts';
import { route } from './routes.ts';

const url = (path: string): URL => new URL(path, 'http://mvm');

describe('routes', () => {
  it('are found for every operation of the contract, at the address that a client makes', () => {
    for (const [name, operation] of Object.entries(operations)) {
      const input = { machine: 'a/b c%', image: 'localhost:5000/x:1', session: 's', terminal: 't', name: 'n' };
      const { path } = addressOf(operation.path, input);
      const found = route(operation.kind === 'call' ? operation.method : null, url(path));
      expect(found).toMatchObject({ found: operation.kind, name });
      if (found.found === 'none') continue;
      for (const [key, value] of Object.entries(found.path)) expect(input).toMatchObject({ [key]: value });
    }
  });

  it('keep what the path says and what the query says apart', () => {
    expect(route('DELETE', url('/v1/machines/web?force=true&machine=other'))).toMatchObject({
      path: { machine: 'web' },
      query: { force: 'true', machine: 'other' },
    });
  });

  it('say which methods there are when another was meant', () => {
    expect(route('PATCH', url('/v1/machines'))).toEqual({ found: 'none', otherMethods: ['GET', 'POST'] });
    expect(route('GET', url('/v2'))).toEqual({ found: 'none', otherMethods: [] });
  });
});
