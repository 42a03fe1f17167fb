/** An image for `inspect --format`: our JSON, and beside it the fields that `docker inspect` has, inherited. */
import type { Image } from '../../contract/types.ts';
import { fields } from '../template/values.ts';
import { timeText } from './amounts.ts';

export const imageView = (image: Image): object => Object.assign(Object.create(dockerView(image)), image);

const dockerView = ({ reference, digest, platform, config, bytes, created }: Image): object =>
  fields({
    Id: digest,
    RepoTags: reference === null ? [] : [reference],
    RepoDigests: [],
    Created: timeText(created),
    Architecture: platform.architecture,
    Os: platform.os,
    Size: bytes,
    Config: fields({
      User: config.user,
      Env: config.env,
      Cmd: config.cmd,
      Entrypoint: config.entrypoint,
      WorkingDir: config.workingDir,
      Labels: config.labels,
      StopSignal: config.stopSignal ?? '',
    }),
  });
