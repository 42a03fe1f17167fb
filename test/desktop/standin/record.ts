/** What the app asked of the desktop: told to the test as it happens. */
export function tell(event: string, data: object = {}): void {
  if (process.connected) process.send?.({ event, ...data }, () => undefined);
}
