/** The JSON documents of an OCI layout, checked as they enter (https://github.com/opencontainers/image-spec). */
import { z } from 'zod';
import { MvmError } from '../../vmm/contract/errors.ts';

/** Manifests, indexes and configurations, 4 MiB each: what registries take at most. */
export const MAX_DOCUMENT = 4 * 1024 * 1024;

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'is no SHA-256 digest');
const annotations = z.record(z.string(), z.string()).nullish();

const descriptor = z.object({
  mediaType: z.string(),
  digest,
  size: z.int().nonnegative(),
  annotations,
  platform: z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional() }).nullish(),
});
export type Descriptor = z.infer<typeof descriptor>;

const layout = z.object({ imageLayoutVersion: z.string().regex(/^1\./, 'is a version that mvm does not know') });

const index = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  manifests: z.array(descriptor).max(1000),
});
export type Index = z.infer<typeof index>;

const manifest = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  config: descriptor,
  layers: z.array(descriptor).max(1000),
});
export type Manifest = z.infer<typeof manifest>;

const strings = z.array(z.string()).nullish();

const configuration = z.object({
  os: z.string(),
  architecture: z.string(),
  config: z
    .object({
      Entrypoint: strings,
      Cmd: strings,
      Env: strings,
      WorkingDir: z.string().nullish(),
      User: z.string().nullish(),
      Labels: z.record(z.string(), z.string()).nullish(),
      ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
      StopSignal: z.string().nullish(),
    })
    .nullish(),
  rootfs: z.object({ type: z.literal('layers'), diff_ids: z.array(digest) }),
});
export type Configuration = z.infer<typeof configuration>;

/** A docker-archive's own list of images. */
const dockerImage = z.object({ Config: z.string(), RepoTags: strings, Layers: z.array(z.string()).max(1000) });
export type DockerImage = z.infer<typeof dockerImage>;

const dockerList = z.array(dockerImage).max(1000);

export const documents = { layout, index, manifest, configuration, dockerList };

/** @param what names the document in messages, `the manifest sha256:…` for example */
export function parseDocument<T>(schema: z.ZodType<T>, bytes: Buffer, what: string): T {
  const result = schema.safeParse(parseJson(bytes, what));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = issue?.path.join('.') || 'it';
  throw damaged(`${what} is not as it should be: ${place}: ${issue?.message}`);
}

function parseJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw damaged(`${what} is no JSON`, cause);
  }
}

function damaged(what: string, cause?: unknown): MvmError {
  return new MvmError('image.corrupt', `This image is damaged: ${what}.`, { cause });
}

const INDEXES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
const CONFIGURATIONS = ['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json'];

export const isIndex = ({ mediaType }: Descriptor): boolean => INDEXES.includes(mediaType);
export const isManifest = ({ mediaType }: Descriptor): boolean => MANIFESTS.includes(mediaType);
export const isConfiguration = ({ mediaType }: Descriptor): boolean => CONFIGURATIONS.includes(mediaType);

export const REFERENCE_NAME = 'org.opencontainers.image.ref.name';
export const CONTAINERD_NAME = 'io.containerd.image.name';

/** The name that a writer gave: containerd's and docker's whole one before the other, often no more than a tag. */
export function nameIn({ annotations }: Descriptor): string | null {
  return annotations?.[CONTAINERD_NAME] ?? annotations?.[REFERENCE_NAME] ?? null;
}
