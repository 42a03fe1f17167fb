/** The lines of a wanted kernel configuration that do not hold in a complete one. */
export function differences(wanted: string, complete: string): string[] {
  const values = new Map(settings(complete));
  return settings(wanted).flatMap(([name, value]) => {
    const actual = values.get(name) ?? 'n';
    return actual === value ? [] : [`${name} is ${actual}, not ${value}`];
  });
}

/** An option that is absent from a complete configuration is as good as unset. */
function settings(text: string): [name: string, value: string][] {
  return [...text.matchAll(/^(?:(CONFIG_\w+)=(.*)|# (CONFIG_\w+) is not set)$/gm)].map(([, set, value, unset]) =>
    set === undefined ? [unset ?? '', 'n'] : [set, value ?? ''],
  );
}
