// SPDX-License-Identifier: GPL-2.0-only
import { insertAfter } from '../../edit.ts';
import type { EngineEdit } from './index.ts';

const lookUp = `
    /* mvm: where the export leads is found out for each session */
    if (s->ops == &local_ops && local_ops.init(&s->ctx, NULL) < 0) {
        err = -errno;
        goto out;
    }
`;

const init = `static int local_init(FsContext *ctx, Error **errp)
{
    LocalData *data = g_malloc(sizeof(*data));
`;

/**
 * The descriptor is exchanged under its number, and the data around it stays: requests of an earlier session may still
 * be at work with them in other threads.
 */
const again = `
    if (ctx->private) {
        LocalData *known = ctx->private;
        int fd = open(ctx->fs_root, O_DIRECTORY | O_RDONLY);
        int moved = fd == -1 ? -1 : dup2(fd, known->mountfd);

        g_free(data);
        if (fd != -1) {
            close_preserve_errno(fd);
        }
        ctx->exops.get_st_gen = NULL;
        return moved == -1 ? -1 : local_ioc_getversion_init(ctx, known, NULL);
    }
`;

/**
 * The folder behind a shared folder is looked up anew whenever the guest begins a session (Tversion, the first word of
 * each mount): a machine made before anyone knew its folders exports a link, which is pointed elsewhere before the
 * mount.
 */
export const exportAtMount: EngineEdit = {
  name: 'export-at-mount',
  changes: [
    insertAfter('hw/9pfs/9p.c', '    virtfs_reset(pdu);\n', lookUp),
    insertAfter('hw/9pfs/9p-local.c', init, again),
  ],
};
