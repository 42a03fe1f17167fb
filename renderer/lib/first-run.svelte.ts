import { completeRun } from '../../vmm/contract/run-defaults.ts';
import type { DoctorCheck, Timeline } from '../../vmm/contract/types.ts';
import type { App } from './app.svelte.ts';
import { Launch } from './launch.svelte.ts';

/** What runs on a person's first start. */
const COMMAND = ['uname', '-srm'];

/** The first minute: the computer is checked and a guest is booted, and what is shown was measured here. */
export class FirstRun {
  readonly launch: Launch;
  output = $state('');
  checks: readonly DoctorCheck[] | null = $state.raw(null);
  readonly #app: App;

  constructor(app: App) {
    this.#app = app;
    this.launch = new Launch(app);
  }

  readonly timeline: Timeline | null = $derived.by(() =>
    this.launch.phase === 'ended' && this.launch.exit?.code === 0 ? this.launch.timeline : null,
  );

  /** Checked first: a guest that boots meanwhile would be in its way, and it in the guest's. */
  async begin(): Promise<void> {
    const { checks } = await this.#app.service.call('doctor', {});
    this.checks = checks;
    if (!checks.some(({ status }) => status === 'fail')) this.measure();
  }

  measure(): void {
    this.output = '';
    const decoder = new TextDecoder();
    this.launch.begin(completeRun({ image: 'linux', command: COMMAND }), {
      write: (bytes, done) => {
        this.output += decoder.decode(bytes as Uint8Array, { stream: true });
        done?.();
      },
    });
  }

  /** The service keeps it, for every window. */
  async done(): Promise<void> {
    await this.#app.service.call('changeSetting', { name: 'welcomed', value: true });
  }
}
