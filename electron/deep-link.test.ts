import { describe, expect, it } from 'vitest';
import { linkAmong, readDeepLink } from './deep-link.ts';

describe('a link', () => {
  it.each([
    ['mvm://machines', '/machines'],
    ['mvm://machines/web', '/machines/web'],
    ['mvm://machines/web/console', '/machines/web/console'],
    ['mvm://machines/web/processes', '/machines/web/processes'],
    ['mvm://machines/web/ports', '/machines/web/ports'],
    ['mvm://images', '/images'],
    ['mvm://settings', '/settings'],
    ['mvm://settings/doctor', '/settings/doctor'],
  ])('%s leads to %s', (link, to) => {
    expect(readDeepLink(link)).toEqual({ type: 'go', to });
  });

  it('fills the Run sheet, and leaves the running to the person', () => {
    expect(readDeepLink('mvm://run?image=alpine:3.20&arg=sh&arg=-c&arg=echo%20hi&name=web&net=none')).toEqual({
      type: 'fill-run',
      request: { image: 'alpine:3.20', command: ['sh', '-c', 'echo hi'], name: 'web', network: 'none' },
    });
  });

  it.each([
    'mvm://',
    'mvm://stop/web',
    'mvm://machines/web/remove',
    'mvm://machines/web/console/more',
    'mvm://machines/../../etc',
    'mvm://machines/%2e%2e%2fimages',
    'mvm://machines/web?force=true',
    'mvm://machines/--help',
    'mvm://user:secret@machines',
    'mvm://machines:80/web',
    'mvm://run',
    'mvm://run?image=',
    'mvm://run?image=--net',
    'mvm://run?image=a&image=b',
    'mvm://run?image=a&entrypoint=/bin/sh',
    'mvm://run?image=a&env=LD_PRELOAD%3Dx',
    'mvm://run?image=a&net=host',
    'mvm://run?image=a&name=../x',
    'mvm://run?image=a&arg=a%0Ab',
    'mvm://run?image=a&arg=%00',
    'mvm://run?image=a&arg=%E2%80%AEtxt.exe',
    'mvm://run?image=a&arg=%1b%5b2J',
    `mvm://run?image=a&arg=${'x'.repeat(2000)}`,
    `mvm://run?image=a${'&arg=x'.repeat(100)}`,
    `mvm://machines/${'x'.repeat(10_000)}`,
    'https://machines',
    'javascript:alert(1)',
    'mvm:machines',
    'not a link',
    '',
  ])('%j leads nowhere', (link) => {
    expect(readDeepLink(link)).toBeNull();
  });

  it('is found among the words that the system starts the app with', () => {
    expect(linkAmong(['/opt/mvm/mvm-desktop', '--flag', 'mvm://images'])).toBe('mvm://images');
    expect(linkAmong(['/opt/mvm/mvm-desktop', 'images'])).toBeNull();
  });
});
