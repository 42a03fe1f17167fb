import { type FileHandle, open } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { isZero } from './zeros.ts';

/** A new file as the end of a pipeline; chunks of nothing but zeros are left out as holes. */
export async function holeyFile(path: string): Promise<Writable> {
  const file = await open(path, 'wx', 0o600);
  let position = 0;
  return new Writable({
    highWaterMark: 1024 * 1024,
    write(chunk: Buffer, _encoding, done) {
      const at = position;
      position += chunk.length;
      if (isZero(chunk)) done();
      else writeFully(file, chunk, at).then(() => done(), done);
    },
    final(done) {
      file.truncate(position).then(() => done(), done);
    },
    destroy(error, done) {
      file.close().then(
        () => done(error),
        (failed) => done(error ?? failed),
      );
    },
  });
}

/** The last bytes before a full disk are written short, without an error. */
export async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}
