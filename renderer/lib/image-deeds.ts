import type { ActionId } from '../../vmm/contract/actions.ts';
import type { Image } from '../../vmm/contract/types.ts';
import type { App } from './app.svelte.ts';
import type { Deed } from './deeds.ts';
import { hasTray, isPinnedImage, pinImage, unpinImage } from './pins.ts';
import { shortDigest } from './words.ts';

type ImageAction = Extract<ActionId, `${string}-image` | 'copy-digest'>;

export function imageDeeds(app: App): Record<Exclude<ImageAction, 'import-image'>, Deed> {
  const on = (perform: (image: Image) => unknown, also: (image: Image) => boolean = () => true): Deed => ({
    possible: ({ image }) => !!image && app.service.isLive && also(image),
    perform: ({ image }) => (image ? perform(image) : undefined),
  });
  return {
    'run-image': on((image) => app.dialogs.show({ is: 'run', draft: { image: nameOf(image) } })),
    'pin-image': on(
      (image) => pinImage(app, nameOf(image)),
      (image) => hasTray(app) && !isPinnedImage(app, nameOf(image)),
    ),
    'unpin-image': on(
      (image) => unpinImage(app, nameOf(image)),
      (image) => hasTray(app) && isPinnedImage(app, nameOf(image)),
    ),
    'copy-digest': on(async (image) => {
      await navigator.clipboard.writeText(image.digest);
      app.toasts.say(`Copied the digest of ${nameOf(image)}`);
    }),
    'remove-image': on((image) => askToRemove(app, image)),
  };
}

/** What names it on a command line. */
export const nameOf = ({ reference, digest }: Pick<Image, 'reference' | 'digest'>): string =>
  reference ?? shortDigest(digest);

function askToRemove(app: App, image: Image): void {
  const name = nameOf(image);
  app.dialogs.ask({
    title: `Remove ${name}?`,
    text: image.builtin
      ? 'It comes with mvm, and is there again when it is run.'
      : 'Its layers and its disk are deleted. To have it again, import it again.',
    command: `mvm images rm ${name}`,
    verb: 'Remove',
    perform: () => {
      app.service
        .call('removeImage', { image: image.reference ?? image.digest })
        .then(() => app.toasts.say(`Removed ${name}`))
        .catch((error: unknown) => app.toasts.complain(error));
    },
  });
}
