/** ARCHITECTURE.md's rules of who may import whom, kept by `npx depcruise vmm images electron renderer build test`. */

/** Folder → what of ours it may import besides itself. Tests cross borders, so they are left out. */
const MAY_IMPORT = {
  'vmm/contract': [],
  'vmm/client': ['vmm/contract', 'vmm/paths.ts'],
  'vmm/cli': ['vmm/contract', 'vmm/client', 'vmm/paths.ts'],
  'vmm/engine': ['vmm/contract', 'vmm/paths.ts', 'images/systems'],
  'vmm/guest': ['vmm/contract', 'vmm/paths.ts'],
  'vmm/binary': ['vmm/contract', 'vmm/paths.ts'],
  'vmm/machine': ['vmm/contract', 'vmm/paths.ts', 'vmm/engine', 'vmm/guest', 'images/systems', 'images/rootfs'],
  'vmm/service': ['vmm/contract', 'vmm/paths.ts', 'vmm/machine', 'vmm/engine', 'vmm/guest', 'images'],
  electron: ['vmm/contract', 'vmm/client', 'vmm/paths.ts'],
  images: ['vmm/contract', 'vmm/paths.ts'],
  renderer: ['vmm/contract'],
  build: ['vmm/contract', 'vmm/paths.ts', 'vmm/cli', 'images/rootfs', 'images/systems', 'images/registry'],
};

const TEST = '\\.test\\.ts$';

const startsWith = (paths) => `^(${paths.join('|')})(/|$)`;

const layers = Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
  name: `${folder}-imports`,
  severity: 'error',
  from: { path: `^${folder}/`, pathNot: TEST },
  to: { path: '^(vmm|images|build|electron|renderer|test)/', pathNot: startsWith([folder, ...allowed]) },
}));

const only = (name, path, owners) => ({
  name,
  severity: 'error',
  from: { pathNot: `${startsWith(owners)}|${TEST}` },
  to: { path },
});

module.exports = {
  forbidden: [
    ...layers,
    only('one-user-of-better-sqlite3', 'node_modules/better-sqlite3/', ['images/catalog']),
    only('one-user-of-electron', 'node_modules/electron/', ['electron']),
    only('one-user-of-node-pty', 'node_modules/node-pty/', ['vmm/machine', 'test']),
    // Everything else knows engines by their interface.
    only('one-place-that-wires', '^vmm/engine/(qemu|firecracker)/', [
      'vmm/service/(main|host).ts',
      'vmm/engine',
      'test',
    ]),
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: `${TEST}|/(main|preload)\\.ts$|^vmm/contract/|^test/desktop/page/|^images/rootfs/worker\\.ts$`,
      },
      to: {},
    },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['svelte', 'import', 'node', 'default'] },
  },
};
