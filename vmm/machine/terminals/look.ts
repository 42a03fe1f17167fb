/** What whoever looks at a terminal speaks to: a program in a guest, a shell of this host, or what is left of either. */
import type { Positions } from '../scrollback.ts';
import type { Session, SessionClient } from '../session.ts';

/** A program as its clients know it. */
export type Attachable = Pick<
  Session,
  'write' | 'endStdin' | 'detach' | 'consumed' | 'signal' | 'resize' | 'redraw' | 'openStdin' | 'recorded'
>;

export interface Look {
  program: Attachable;
  /** it can be typed into */
  stdin: boolean;
  /** begins to watch; answers from where */
  watch(client: SessionClient, from: Positions | { tail: number }): Positions;
}
