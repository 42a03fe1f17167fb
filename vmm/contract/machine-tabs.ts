/** The parts of a machine that the window shows, as its addresses and `mvm://` links name them. */
export const machineTabs = [
  'overview',
  'terminal',
  'console',
  'logs',
  'processes',
  'files',
  'ports',
  'inspect',
] as const;

export type MachineTab = (typeof machineTabs)[number];
