/** An OCI layout to import from, wherever its files are. */
import type { Readable } from 'node:stream';
import { MvmError } from '../../vmm/contract/errors.ts';

export interface SourceFile {
  size: number;
  stream(): Readable;
}

export interface LayoutSource {
  /** null when there is no such file; `name` is one that we made ourselves, never the source's */
  file(name: string): Promise<SourceFile | null>;
}

export const MAKE_ONE = 'Make one with: skopeo copy docker://IMAGE oci-archive:image.oci.tar';

export function notLayout(path: string, reason: string, cause?: MvmError): MvmError {
  return new MvmError('image.not-an-image', `${path} is no image. ${reason}`, { hint: MAKE_ONE, cause });
}
