// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { insertAfter, insertBefore, replace } from '../../edit.ts';
import type { EngineEdit } from './index.ts';

const file = 'net/slirp.c';

const state = 'typedef struct SlirpState {\n    NetClientState nc;\n';

const peer = `/* mvm: who spoke to the guest from the host's loopback, through a forwarded UDP port */
typedef struct SlirpPeer {
    uint32_t guest;
    uint16_t guest_port, peer_port;
    int64_t until;
} SlirpPeer;

`;

const guard = readFileSync(join(import.meta.dirname, 'closed-loopback.c'), 'utf8');

const judged = `    switch (judge_frame(s, buf, size)) {
    case FRAME_PASSES:
        slirp_input(s->slirp, buf, size);
        break;
    case FRAME_IS_REFUSED:
        refuse_connection(s, buf, size);
        break;
    case FRAME_IS_DROPPED:
        break;
    }
`;

/** The guest's network leads everywhere but to the host's own loopback: closed-loopback.c says how. */
export const closedLoopback: EngineEdit = {
  name: 'closed-loopback',
  changes: [
    insertAfter(file, '#include "net/eth.h"\n', '#include "qemu/bswap.h"\n'),
    replace(file, state, `${peer}${state}    struct in_addr host;\n    SlirpPeer peers[256];\n`),
    insertAfter(file, '    s = DO_UPCAST(SlirpState, nc, nc);\n', '    s->host = host;\n'),
    insertBefore(file, 'static ssize_t net_slirp_send_packet(const void *pkt, size_t pkt_len,\n', guard),
    insertBefore(file, '    if (net_peer_needs_padding(&s->nc)) {\n', '    remember_peer(s, pkt, pkt_len);\n\n'),
    replace(file, '    slirp_input(s->slirp, buf, size);\n', judged),
  ],
};
