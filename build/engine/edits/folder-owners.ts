// SPDX-License-Identifier: GPL-2.0-only
import { insertAfter, insertBefore, replace } from '../../edit.ts';
import type { EngineEdit } from './index.ts';

const local = 'hw/9pfs/9p-local.c';

const helpers = `/* mvm: the folder's owner as the guest knows him; the guest says so as it mounts */
static bool has_owner(FsContext *fs_ctx)
{
    return (fs_ctx->export_flags & V9FS_SM_NONE) && fs_ctx->owner_uid != -1;
}

static void show_owner(FsContext *fs_ctx, struct stat *stbuf)
{
    if (!has_owner(fs_ctx)) {
        return;
    }
    if (stbuf->st_uid == geteuid()) {
        stbuf->st_uid = fs_ctx->owner_uid;
    }
    if (stbuf->st_gid == getegid()) {
        stbuf->st_gid = fs_ctx->owner_gid;
    }
}

/* Nothing changes hands on the host: what is the owner's stays his, and root of the guest may take it for its own. */
static int chown_in_guest(FsContext *fs_ctx, int dirfd, const char *name,
                          FsCred *credp)
{
    uid_t uid = credp->fc_uid;
    gid_t gid = credp->fc_gid;
    struct stat stbuf;

    if ((uid != -1 && uid != 0 && uid != fs_ctx->owner_uid) ||
        (gid != -1 && gid != 0 && gid != fs_ctx->owner_gid)) {
        errno = EPERM;
        return -1;
    }
    return qemu_fstatat(dirfd, name, &stbuf, AT_SYMLINK_NOFOLLOW);
}

/* Root of the guest could make programs of the caller's that run with his rights for whoever starts them. */
static mode_t without_set_id(mode_t mode)
{
    return mode & ~(S_ISUID | S_ISGID);
}

`;

const attached = `
    /* mvm: who in the guest the folder's owner is, as aname=owner=UID:GID */
    if (sscanf(aname.data, "owner=%u:%u", &s->ctx.owner_uid,
               &s->ctx.owner_gid) != 2) {
        s->ctx.owner_uid = s->ctx.owner_gid = -1;
    }
`;

const lstat = `    err = qemu_fstatat(dirfd, name, stbuf, AT_SYMLINK_NOFOLLOW);
    if (err) {
        goto err_out;
    }
`;

const fstat = `    err = fstat(fd, stbuf);
    if (err) {
        return err;
    }
`;

const mknod = '        err = qemu_mknodat(dirfd, name, credp->fc_mode, credp->fc_rdev);\n';

const mknodOfNoDevice = `        if (S_ISCHR(credp->fc_mode) || S_ISBLK(credp->fc_mode)) {
            errno = EPERM;
            goto out;
        }
        err = qemu_mknodat(dirfd, name, without_set_id(credp->fc_mode),
                           credp->fc_rdev);
`;

/** The three places differ in what stands before them: the mode of creation, a symbolic link, and chown itself. */
const chown = 'fchownat(dirfd, name, credp->fc_uid, credp->fc_gid,';

/**
 * A shared folder of security_model=none belongs to the user whom the guest names as it mounts it, whoever runs the
 * engine: that user may write in it, and what he makes is the caller's on the host. Nothing is ever given away there,
 * and nothing that a guest makes in it is set-id or a device.
 */
export const folderOwners: EngineEdit = {
  name: 'folder-owners',
  changes: [
    insertAfter(
      'fsdev/file-op-9p.h',
      'struct FsContext {\n    uid_t uid;\n',
      '    uid_t owner_uid;\n    gid_t owner_gid;\n',
    ),
    insertAfter('hw/9pfs/9p.c', '    s->ctx.uid = -1;\n', '    s->ctx.owner_uid = s->ctx.owner_gid = -1;\n'),
    insertAfter(
      'hw/9pfs/9p.c',
      '    trace_v9fs_attach(pdu->tag, pdu->id, fid, afid, uname.data, aname.data);\n',
      attached,
    ),
    insertBefore(local, 'static int local_lstat(FsContext *fs_ctx,', helpers),
    insertAfter(local, lstat, '    show_owner(fs_ctx, stbuf);\n'),
    insertAfter(local, fstat, '    show_owner(fs_ctx, stbuf);\n'),
    replace(local, 'chmod(proc_path, mode)', 'chmod(proc_path, S_ISDIR(stbuf.st_mode) ? mode : without_set_id(mode))'),
    replace(local, '(dirfd, name, flags, credp->fc_mode)', '(dirfd, name, flags, without_set_id(credp->fc_mode))'),
    replace(local, mknod, mknodOfNoDevice),
    replace(local, `    if (${chown}`, `    if (!has_owner(fs_ctx) && ${chown}`),
    replace(local, `        err = ${chown}`, `        err = has_owner(fs_ctx) ? 0 : ${chown}`),
    replace(
      local,
      `        ret = ${chown}`,
      `        ret = has_owner(fs_ctx) ? chown_in_guest(fs_ctx, dirfd, name, credp) : ${chown}`,
    ),
  ],
};
