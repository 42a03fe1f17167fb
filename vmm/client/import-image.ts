/** Has the service import the images of an archive or folder, hearing how far it is. */
import { MvmError } from '../contract/errors.ts';
import type { InputOf } from '../contract/operations.ts';
import { CONTROL, decodeFrame, type ServiceControl } from '../contract/stream.ts';
import type { Image } from '../contract/types.ts';
import { fromBody, type ServiceOptions } from './connect.ts';
import { openStream } from './stream.ts';

export type ImportProgress = (message: ServiceControl & { type: 'progress' }) => void;

export async function importImages(
  service: ServiceOptions,
  input: InputOf<'importImage'>,
  onProgress: ImportProgress,
): Promise<Image[]> {
  const socket = await openStream(service, 'importImage', input);
  return new Promise((resolve, reject) => {
    socket.on('message', (data: Buffer) => {
      const frame = decodeFrame<ServiceControl>(data);
      if (frame?.channel !== CONTROL) return;
      const { control } = frame;
      if (control.type === 'progress') onProgress(control);
      if (control.type === 'imported') resolve(control.images);
      if (control.type === 'error') reject(fromBody(control.error));
    });
    socket.on('close', () => {
      reject(
        new MvmError('service.lost', 'the mvm service ended before the image was imported', { hint: 'Try again.' }),
      );
    });
  });
}
