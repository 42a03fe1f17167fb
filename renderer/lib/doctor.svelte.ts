import type { DoctorCheck } from '../../vmm/contract/types.ts';
import type { Service } from './service.svelte.ts';

/** What the service found on this computer, kept for as long as the window is: each look tries the accelerator afresh. */
export class Doctor {
  checks: readonly DoctorCheck[] | null = $state.raw(null);
  isBusy = $state(false);
  readonly #service: Service;

  constructor(service: Service) {
    this.#service = service;
  }

  async examine(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      this.checks = (await this.#service.call('doctor', {})).checks;
    } finally {
      this.isBusy = false;
    }
  }
}
