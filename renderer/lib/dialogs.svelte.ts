import type { RunDraft } from '../../vmm/contract/bridge.ts';
import type { MachineModel } from './machines.svelte.ts';

export type Dialog =
  /**
   * `begins`: the person has chosen it in the tray, so it need not be asked for again. `wasFilled`: by hand, before
   * something else took its place
   */
  | { is: 'run'; draft: Partial<RunDraft>; begins?: boolean; wasFilled?: boolean }
  | { is: 'palette' }
  | { is: 'keys' }
  | { is: 'import'; path: string }
  | { is: 'rename'; machine: MachineModel }
  | ({ is: 'confirm' } & Question);

export interface Question {
  title: string;
  /** what becomes of what */
  text: string;
  /** the same on the command line */
  command: string;
  /** on the button */
  verb: string;
  perform(): void;
}

/** What floats above the window: one thing at a time. What was filled in comes back when that is closed. */
export class Dialogs {
  open: Dialog | null = $state.raw(null);
  /** of the open one: what would be lost with it */
  #filled: () => Dialog | null = nothing;
  /** those whose place another one took: a link's, or one that the tray asked for */
  readonly #waiting: Dialog[] = [];

  show(dialog: Dialog): void {
    const filled = this.#filled();
    if (filled) this.#waiting.push(filled);
    this.#filled = nothing;
    this.open = dialog;
  }

  ask(question: Question): void {
    this.show({ is: 'confirm', ...question });
  }

  close(): void {
    const back = this.#waiting.pop() ?? null;
    // What was chosen in a palette is shown at once: before the one that comes back is drawn and can say it itself.
    this.#filled = () => back;
    this.open = back;
  }

  /** Said by the open one. `filled` answers with what shows it again as it is then, null when nothing would be lost. */
  keeps(filled: () => Dialog | null): void {
    this.#filled = filled;
  }
}

const nothing = (): null => null;
