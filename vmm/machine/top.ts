/** A machine's processes as `top` tells of them. */
import type { GuestProcessInfo } from '../contract/types.ts';
import type { AgentSession } from '../guest/session.ts';

export async function topOf(agent: AgentSession): Promise<GuestProcessInfo[]> {
  return (await agent.top()).map(({ ageMs, ...process }) => ({
    ...process,
    cpuPercent: ageMs > 0 ? Math.min(100, Math.round((100 * process.cpuMs) / ageMs)) : 0,
  }));
}
