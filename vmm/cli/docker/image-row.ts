/** An image as a row of `docker images`, for `images --format`. */
import type { Image } from '../../contract/types.ts';
import { formatted } from '../format.ts';
import { fields } from '../template/values.ts';
import { dateText, humanDuration, humanSize } from './amounts.ts';
import { labelText } from './machine-row.ts';
import { IMAGE_TITLES } from './titles.ts';

interface Shown {
  /** ids in full */
  whole: boolean;
  now: number;
}

/** Null when the format asks for the command's own table. */
export const imageLines = (format: string, images: Image[], shown: Shown, room: number): string[] | null =>
  formatted(
    format,
    images.map((image) => imageRow(image, shown)),
    IMAGE_TITLES,
    room,
  );

function imageRow(image: Image, { whole, now }: Shown): object {
  const { digest, platform, config, bytes, created } = image;
  const row: Record<keyof typeof IMAGE_TITLES, string> = {
    ID: whole ? digest : digest.replace(/^\w+:/, '').slice(0, 12),
    ...nameParts(image),
    Digest: digest,
    CreatedSince: `${humanDuration(now - created)} ago`,
    CreatedAt: dateText(created),
    Size: humanSize(bytes),
    Platform: `${platform.os}/${platform.architecture}`,
    Labels: labelText(config.labels),
  };
  return fields({ ...row, Label: (key: unknown) => config.labels[String(key)] ?? '' });
}

/** `alpine:3.20`, and a registry's port is no tag. */
function nameParts({ reference }: Image): { Repository: string; Tag: string } {
  if (reference === null) return { Repository: '<none>', Tag: '<none>' };
  const found = /^(.+):([^:/]+)$/.exec(reference.replace(/@.*$/, ''));
  return { Repository: found?.[1] ?? reference.replace(/@.*$/, ''), Tag: found?.[2] ?? 'latest' };
}
