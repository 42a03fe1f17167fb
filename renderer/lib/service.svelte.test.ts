import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeBridge, machine, snapshot } from './fake-bridge.ts';
import { Service } from './service.svelte.ts';

describe('the service as a window sees it', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function connected() {
    const bridge = new FakeBridge();
    const service = new Service(bridge);
    service.connect();
    bridge.last.event(snapshot({ machines: [machine('a'), machine('b')] }));
    return { bridge, service };
  }
  const names = (service: Service) => service.machines.all.map(({ snapshot }) => snapshot.name);

  it('is live from its first snapshot on, not from the connection, and knows version and settings by it', () => {
    const bridge = new FakeBridge();
    const service = new Service(bridge);
    service.connect();
    expect(service.link.is).toBe('connecting');
    bridge.last.event(snapshot({ settings: { density: 'compact' } }));
    expect(service.isLive).toBe(true);
    expect([service.version?.version, service.settings.density]).toEqual(['0.0.0', 'compact']);
    expect(bridge.calls).toEqual([]);
  });

  it('changes a machine in place, so that its row alone is drawn anew', () => {
    const { bridge, service } = connected();
    const before = service.machines.all;
    bridge.last.event({ type: 'machine', revision: 2, machine: machine('a', { name: 'renamed' }) });
    expect(service.machines.all).toBe(before);
    expect(names(service)).toContain('renamed');
  });

  it('lists the newest machine first, and forgets one that was removed', () => {
    const { bridge, service } = connected();
    bridge.last.event({ type: 'machine', revision: 2, machine: machine('c', { created: 5 }) });
    bridge.last.event({ type: 'machine-removed', revision: 3, id: 'a' });
    expect(names(service)).toEqual(['c', 'b']);
  });

  it('keeps what was last heard when it is gone, and since when', () => {
    const { bridge, service } = connected();
    vi.setSystemTime(1234);
    bridge.last.end(1006, { code: 'service.absent', message: 'gone' });
    expect(service.link).toMatchObject({ is: 'gone', since: 1234 });
    expect(names(service)).toEqual(['a', 'b']);
  });

  it('comes back by itself, with what changed meanwhile', () => {
    const { bridge, service } = connected();
    bridge.last.end(1006);
    vi.advanceTimersByTime(100);
    bridge.last.end(1006);
    const since = service.link.is === 'gone' ? service.link.since : null;
    vi.advanceTimersByTime(250);
    expect(bridge.streams).toHaveLength(3);
    expect(since).not.toBeNull();
    bridge.last.event(snapshot({ revision: 9, machines: [machine('b')] }));
    expect(service.isLive).toBe(true);
    expect(names(service)).toEqual(['b']);
  });

  it('does not hear an earlier stream that ends late', () => {
    const { bridge, service } = connected();
    const first = bridge.last;
    service.connect();
    bridge.last.event(snapshot({ revision: 2 }));
    first.end(1006);
    expect(service.isLive).toBe(true);
  });
});
