import { describe, expect, it } from 'vitest';
import { normaliseReference, parseReference } from './reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('image names', () => {
  it.each([
    ['linux', 'linux'],
    ['linux:latest', 'linux'],
    ['alpine:3.20', 'alpine:3.20'],
    ['docker.io/library/alpine:3.20', 'alpine:3.20'],
    ['docker.io/alpine', 'alpine'],
    ['docker.io/grafana/grafana', 'grafana/grafana'],
    ['localhost/x', 'localhost/x'],
    ['localhost:5000/x', 'localhost:5000/x'],
    ['ghcr.io/a/b/c:v1', 'ghcr.io/a/b/c:v1'],
    [`docker.io/library/alpine@${digest}`, `alpine@${digest}`],
    [`alpine:3.20@${digest}`, `alpine:3.20@${digest}`],
  ])('%s means %s', (text, short) => {
    expect(normaliseReference(text)).toBe(short);
    expect(normaliseReference(short)).toBe(short);
  });

  it('knows host, path, tag and digest apart', () => {
    expect(parseReference('localhost:5000/x')).toEqual({
      host: 'localhost:5000',
      path: 'x',
      tag: 'latest',
      digest: null,
    });
    expect(parseReference(`a/b@${digest}`)).toEqual({ host: 'docker.io', path: 'a/b', tag: null, digest });
  });

  it.each(['', ' ', 'a b', '../x', '/etc', 'a//b', 'a:', 'a:b:c', '-a', 'a@sha256:12', `a@${digest}@${digest}`])(
    'refuses %j',
    (text) => {
      expect(() => normaliseReference(text)).toThrow(expect.objectContaining({ code: 'image.bad-reference' }));
    },
  );

  it('says how a name in capitals should be written', () => {
    expect(() => normaliseReference('Alpine:3.20')).toThrow(
      expect.objectContaining({ hint: 'Names are in lower case: alpine:3.20' }),
    );
  });
});
