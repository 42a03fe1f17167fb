/** What a reader of the sources finds first: what is what, and how the shipped parts are made from it again. */
import { basename } from 'node:path';
import type { Listed } from './licences.ts';
import type { Found } from './sources.ts';

export function readMe(version: string, listed: Listed[], found: Found[]): string {
  const archives = (name: string): string[] =>
    found.flatMap(({ source, files }) => (source.name === name ? files.map(({ path }) => basename(path)) : []));
  const main = (name: string): string => archives(name).find((file) => !file.endsWith('.dsc')) ?? '';
  const rows = listed.map(({ name, licence, files, sources }) => {
    const from = sources.flatMap((source) => archives(source.name)).map((file) => `\`${file}\``);
    return `| ${name} | \`${files.join(' ')}\` | ${licence} | ${from.join(' ')} |`;
  });
  const variables = (['linux', 'qemu', 'libslirp'] as const)
    .filter((name) => main(name) !== '')
    .map((name) => `MVM_${name.toUpperCase()}_SOURCE=$PWD/../archives/${main(name)} \\\n      `);
  return `# The sources of mvm ${version}

- \`archives/\` has the exact archives that these parts of the packages were made from. \`sha256sum -c SHA256SUMS\`, called there, compares them.
- \`mvm/\` is mvm's own source. It has the configurations, edits and recipes that made the parts.

| part | in the folder \`mvm\` of a package | terms | archives |
|---|---|---|---|
${rows.join('\n')}

## Building them again

On Debian 12, x86_64:

    cd mvm
    ${variables.join('')}./mvm --set-up-only

builds the kernel (\`build/kernel\`: \`x86_64.config\`, \`edits/\`) and the engine with its firmware (\`build/engine\`: \`devices.mak\`, \`edits/\`) into \`~/.cache/mvm\`, after it told which packages of Debian that takes. The build.json beside each names everything that shaped it; one that was built before from the same is not built again.

busybox and the libraries beside the engine are Debian's own binaries, unchanged but for the libraries' search path (\`build/package/libraries.ts\`). For each NAME with a .dsc:

    dpkg-source -x NAME.dsc
    cd NAME-VERSION && dpkg-buildpackage -b -uc

busybox is linked with Debian's C library, so build that first to change it. \`MVM_BUSYBOX=PROGRAM ./mvm --set-up-only\` makes the image \`linux\` with another busybox, \`build/package/main.ts\` packages what was built.
`;
}
