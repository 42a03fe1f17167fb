/** Takes the points of a timeline, each once, on a clock that never jumps. */
import type { Timeline } from '../contract/types.ts';
import type { Clock } from './world.ts';

export type TimelinePoint = Exclude<keyof Timeline, 'requestedAt'>;

export class Stopwatch {
  readonly #clock: Clock;
  readonly #origin: number;
  readonly #forgone = new Set<TimelinePoint>();
  readonly #onMark: (timeline: Timeline) => void;
  #timeline: Timeline;

  /** Goes on with a timeline that an earlier service began, by the wall clock's word on how long ago that was. */
  constructor(clock: Clock, begun?: Timeline, onMark: (timeline: Timeline) => void = () => undefined) {
    this.#clock = clock;
    this.#timeline = begun ?? { requestedAt: clock.now() };
    this.#origin = clock.monotonic() - Math.max(0, clock.now() - this.#timeline.requestedAt);
    this.#onMark = onMark;
  }

  get timeline(): Timeline {
    return this.#timeline;
  }

  /** The point was passed unseen: what comes now is not it. */
  forgo(point: TimelinePoint): void {
    this.#forgone.add(point);
  }

  mark(point: TimelinePoint): void {
    if (this.#timeline[point] !== undefined || this.#forgone.has(point)) return;
    const ms = Math.round((this.#clock.monotonic() - this.#origin) * 100) / 100;
    this.#timeline = { ...this.#timeline, [point]: ms };
    this.#onMark(this.#timeline);
  }
}
