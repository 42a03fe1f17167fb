/** Layers by media type: OCI's, with those that are not to be passed on, and Docker's. */
const LAYERS = [
  /^application\/vnd\.oci\.image\.layer\.(nondistributable\.)?v1\.tar(\+gzip|\+zstd)?$/,
  /^application\/vnd\.docker\.image\.rootfs\.(foreign\.)?diff\.tar(\.gzip|\.zstd)?$/,
];

export function isLayer(mediaType: string): boolean {
  return LAYERS.some((pattern) => pattern.test(mediaType));
}
