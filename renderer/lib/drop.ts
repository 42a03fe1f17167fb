/** What was dropped on the window: an image to import, a program, or something that only its path would tell. */
import type { ErrorBody } from '../../vmm/contract/types.ts';
import type { App } from './app.svelte.ts';

export async function takeDrop(app: App, data: DataTransfer): Promise<void> {
  // All at once: what was dropped can be read until the event is over.
  const dropped = [...data.items].flatMap((item) => {
    const file = item.getAsFile();
    return file ? [{ file, isFolder: item.webkitGetAsEntry()?.isDirectory ?? false }] : [];
  });
  for (const each of dropped) await takeOne(app, each);
}

async function takeOne(app: App, { file, isFolder }: { file: File; isFolder: boolean }): Promise<void> {
  const program = isFolder ? null : programKind(await headOf(file));
  if (program) return app.toasts.complain(notYet(file.name, program));
  const path = app.bridge.pathOf(file);
  if (path === null) {
    app.dialogs.show({ is: 'import', path: '' });
    return app.toasts.complain({
      code: 'window.no-path',
      message: `A browser does not tell where ${file.name} lies`,
      hint: 'Type its path, and mvm reads it from there.',
    });
  }
  app.route.go({ place: 'images' });
  app.imports.begin(path, null);
}

/** Why nothing can be copied into the machine whose files are open. */
export function noFolder({ opened, service }: App): ErrorBody {
  const message = `Nothing can be copied into ${opened?.snapshot.name ?? 'this machine'} now`;
  const hint = () => {
    if (!service.isLive) return 'The service is gone, and the files are shown as they were.';
    if (opened?.snapshot.state.name === 'paused') return 'It is paused: resume it first.';
    return 'Only a machine that runs takes files.';
  };
  return { code: 'window.no-folder', message, hint: hint() };
}

/** Of what cannot be read nothing: the service, which reads it next, says why. */
const headOf = (file: File): Promise<Uint8Array> =>
  file
    .slice(0, 4)
    .arrayBuffer()
    .then(
      (bytes) => new Uint8Array(bytes),
      () => new Uint8Array(),
    );

/** By its first bytes; null when it is none that a system would execute. */
function programKind(head: Uint8Array): string | null {
  const [a, b, c, d] = head;
  if (a === 0x7f && b === 0x45 && c === 0x4c && d === 0x46) return 'an ELF program';
  if (a === 0x23 && b === 0x21) return 'a script';
  if (a === 0x4d && b === 0x5a) return 'a Windows program';
  const magic = ((a ?? 0) << 24) | ((b ?? 0) << 16) | ((c ?? 0) << 8) | (d ?? 0);
  const machO = [0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe].map((each) => each | 0);
  return machO.includes(magic) ? 'a macOS program' : null;
}

const notYet = (name: string, kind: string) => ({
  code: 'window.program',
  message: `${name} is ${kind}, and mvm cannot run a program of this computer by itself yet`,
  hint: 'Put it into an image and import that.',
});
