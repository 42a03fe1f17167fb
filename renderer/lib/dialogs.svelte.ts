import type { RunDraft } from '../../vmm/contract/bridge.ts';
import type { MachineModel } from './machines.svelte.ts';

export type Dialog =
  /** `begins`: the person has chosen it in the tray, so it need not be asked for again */
  | { is: 'run'; draft: Partial<RunDraft>; begins?: boolean }
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

/** What floats above the window: one thing at a time. */
export class Dialogs {
  open: Dialog | null = $state.raw(null);

  show(dialog: Dialog): void {
    this.open = dialog;
  }

  ask(question: Question): void {
    this.open = { is: 'confirm', ...question };
  }

  close(): void {
    this.open = null;
  }
}
