import { describe, expect, it } from 'vitest';
import { MvmError } from './errors.ts';
import { parsePublish, portText, readExposed } from './ports.ts';

const published = (text: string): string[] => parsePublish(text).map(portText);

describe('an exposed port', () => {
  it('is one, or a range of them', () => {
    const ends = (text: string) => readExposed(text)?.map(({ guestPort, protocol }) => `${guestPort}/${protocol}`);
    expect(ends('80')).toEqual(['80/tcp']);
    expect(ends('53/UDP')).toEqual(['53/udp']);
    expect(ends('8000-8002/tcp')).toEqual(['8000/tcp', '8001/tcp', '8002/tcp']);
    for (const text of ['', '0', '65536', '9-8', '80:80', '80/sctp', '1-2000', 'http'])
      expect(ends(text)).toBeUndefined();
  });
});

describe('a published port', () => {
  it.each([
    ['8080:80', '127.0.0.1:8080->80/tcp'],
    ['80', '127.0.0.1:0->80/tcp'],
    ['80/udp', '127.0.0.1:0->80/udp'],
    ['8080:80/TCP', '127.0.0.1:8080->80/tcp'],
    ['0:80', '127.0.0.1:0->80/tcp'],
    [':80', '127.0.0.1:0->80/tcp'],
    ['0.0.0.0:8080:80', '0.0.0.0:8080->80/tcp'],
    ['192.168.1.2::80', '192.168.1.2:0->80/tcp'],
    ['localhost:8080:80', '127.0.0.1:8080->80/tcp'],
    ['[::1]:8080:80', '[::1]:8080->80/tcp'],
    ['[::]::53/udp', '[::]:0->53/udp'],
  ])('is written %s', (text, meaning) => {
    expect(published(text)).toEqual([meaning]);
  });

  it('may be a range', () => {
    expect(published('8000-8002:80-82')).toEqual([
      '127.0.0.1:8000->80/tcp',
      '127.0.0.1:8001->81/tcp',
      '127.0.0.1:8002->82/tcp',
    ]);
    expect(published('80-81')).toEqual(['127.0.0.1:0->80/tcp', '127.0.0.1:0->81/tcp']);
  });

  it.each([
    ['', 'is not a port'],
    ['web', 'is not a port'],
    ['80:', 'is not a port'],
    ['::1:8080:80', 'is not a port'],
    ['-p', 'is not a port'],
    ['8080:0', "has '0'"],
    ['65536', "has '65536'"],
    ['80-', "has '80-'"],
    ['9-7', "has '9-7'"],
    ['8000-8001:80', 'two ranges of different length'],
    ['1-65535', 'too wide a range'],
    ['80/sctp', "asks for 'sctp'"],
    ['256.0.0.1:1:2', "names '256.0.0.1'"],
    ['host:1:2', "names 'host'"],
    ['[::g]:1:2', "names '[::g]'"],
    ['[127.0.0.1]:1:2', "names '[127.0.0.1]'"],
  ])('is not %s, which the refusal says with an example', (text, why) => {
    const refused = () => parsePublish(text);
    expect(refused).toThrow(MvmError);
    expect(refused).toThrow(why);
  });
});
