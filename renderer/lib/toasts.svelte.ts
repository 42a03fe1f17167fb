import { toErrorBody } from './errors.ts';

export interface Toast {
  id: number;
  text: string;
  hint: string | null;
  error: boolean;
}

/** How long a word that asks for nothing stays, ms. */
const STAYS_MS = 6000;
const MOST = 3;

/** What a person hears of what was done, and of what was refused. */
export class Toasts {
  shown: readonly Toast[] = $state.raw([]);
  #last = 0;

  say(text: string): void {
    const id = this.#add({ text, hint: null, error: false });
    setTimeout(() => this.dismiss(id), STAYS_MS);
  }

  /** Stays until it is dismissed: nobody reads a refusal in passing. */
  complain(error: unknown): void {
    const { message, hint } = toErrorBody(error);
    this.#add({ text: message, hint: hint ?? null, error: true });
  }

  dismiss(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }

  #add(toast: Omit<Toast, 'id'>): number {
    const id = ++this.#last;
    const others = this.shown.filter(({ text }) => text !== toast.text);
    this.shown = [...others, { ...toast, id }].slice(-MOST);
    return id;
  }
}
