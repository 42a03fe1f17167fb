/** Runs steps side by side, each when those before it have ended. */
export interface Step {
  name: string;
  /** Steps that must have succeeded first. */
  needs?: string[];
  /** Steps that must have ended first, well or not. */
  after?: string[];
  /** Does what is not done yet; says something only when there is something to do. */
  run(say: (text: string) => void): Promise<void>;
}

export type Outcome = 'done' | 'left out' | { error: unknown };

export async function runSteps(steps: Step[], watch: Watch): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Promise<Outcome>>();
  for (const step of steps) outcomes.set(step.name, outcomeOf(step));
  return new Map(await Promise.all([...outcomes].map(async ([name, outcome]) => [name, await outcome] as const)));

  async function outcomeOf({ name, needs = [], after = [], run }: Step): Promise<Outcome> {
    const [needed] = await Promise.all([ended(needs), ended(after)]);
    if (needed.some((outcome) => outcome !== 'done')) return 'left out';
    try {
      await run((text) => watch.say(name, text));
      return 'done';
    } catch (error) {
      return { error };
    } finally {
      watch.done(name);
    }
  }

  /** Steps only wait for steps above them, so the ones named here have been started. */
  function ended(names: string[]): Promise<Outcome[]> {
    return Promise.all(names.map((name) => outcomes.get(name) ?? Promise.reject(new Error(`no step ${name} above`))));
  }
}

export interface Watch {
  say(step: string, text: string): void;
  done(step: string): void;
}
