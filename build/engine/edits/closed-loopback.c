/*
 * mvm: the host's loopback is closed to the guest.
 *
 * libslirp takes its own address and the broadcast address for the host's loopback. It hands 127.0.0.1 and 0.0.0.0 to
 * the host's kernel as they are, which takes them for the same. Its switch disable_host_loopback closes the first way
 * only, and with it the answers of a forwarded UDP port. So both are closed here, before libslirp: what speaks from
 * the loopback, through a forwarded port, is answered, and nobody else there is spoken to.
 */

typedef struct Ipv4Packet {
    uint32_t from, to;          /* in the network's order */
    uint8_t protocol;
    bool whole;                 /* it is no fragment */
    bool first;                 /* it has the header of its protocol, being no fragment or the first of them */
    const uint8_t *payload;
    size_t length;
} Ipv4Packet;

/* Reads what libslirp will read. Answers false for another protocol, and for what libslirp drops as too short. */
static bool parse_ipv4(const uint8_t *frame, size_t size, Ipv4Packet *packet)
{
    const uint8_t *ip = frame + ETH_HLEN;
    size_t header;
    uint16_t fragment;

    if (size < ETH_HLEN + sizeof(struct ip_header) || lduw_be_p(frame + 12) != ETH_P_IP) {
        return false;
    }
    header = (ip[0] & 0x0f) * 4;
    fragment = lduw_be_p(ip + 6);
    packet->whole = (fragment & (IP_OFFMASK | IP_MF)) == 0;
    packet->first = (fragment & IP_OFFMASK) == 0;
    packet->protocol = ip[9];
    memcpy(&packet->from, ip + 12, 4);
    memcpy(&packet->to, ip + 16, 4);
    packet->payload = ip + header;
    packet->length = size - ETH_HLEN > header ? size - ETH_HLEN - header : 0;
    return true;
}

/* How long one who spoke from the loopback is answered, as libslirp's SO_EXPIRE. */
#define PEER_MS 240000

static SlirpPeer *peer_slot(SlirpState *s, uint16_t guest_port, uint16_t peer_port)
{
    return &s->peers[(guest_port * 31 + peer_port) % ARRAY_SIZE(s->peers)];
}

/* A datagram of libslirp's to the guest: who sent it from the loopback may be answered. */
static void remember_peer(SlirpState *s, const uint8_t *frame, size_t size)
{
    Ipv4Packet packet;

    if (parse_ipv4(frame, size, &packet) && packet.protocol == IP_PROTO_UDP &&
        packet.from == s->host.s_addr && packet.first && packet.length >= sizeof(udp_header)) {
        uint16_t peer_port = lduw_be_p(packet.payload);
        uint16_t guest_port = lduw_be_p(packet.payload + 2);

        *peer_slot(s, guest_port, peer_port) = (SlirpPeer) {
            .guest = packet.to,
            .guest_port = guest_port,
            .peer_port = peer_port,
            .until = qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + PEER_MS,
        };
    }
}

static bool answers_peer(SlirpState *s, uint32_t guest, uint16_t guest_port, uint16_t peer_port)
{
    const SlirpPeer *peer = peer_slot(s, guest_port, peer_port);

    return peer->guest == guest && peer->guest_port == guest_port && peer->peer_port == peer_port &&
           peer->until > qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
}

#define DHCP_SERVER_PORT 67

typedef enum { FRAME_PASSES, FRAME_IS_REFUSED, FRAME_IS_DROPPED } FrameVerdict;

static FrameVerdict judge_datagram(SlirpState *s, const Ipv4Packet *packet)
{
    uint16_t guest_port, port;

    if (!packet->first) {
        /* It comes to nothing without the first, and is too far behind to overwrite its header. */
        return packet->to == s->host.s_addr ? FRAME_PASSES : FRAME_IS_DROPPED;
    }
    if (packet->length < sizeof(udp_header)) {
        return FRAME_IS_DROPPED;
    }
    guest_port = lduw_be_p(packet->payload);
    port = lduw_be_p(packet->payload + 2);
    if (port == DHCP_SERVER_PORT) {
        return FRAME_PASSES;
    }
    return packet->to == s->host.s_addr && answers_peer(s, packet->from, guest_port, port) ? FRAME_PASSES
                                                                                           : FRAME_IS_DROPPED;
}

static FrameVerdict judge_segment(SlirpState *s, const Ipv4Packet *packet)
{
    if (packet->to != s->host.s_addr || !packet->whole || packet->length < sizeof(tcp_header)) {
        return FRAME_IS_DROPPED;
    }
    /* Without a connection of its own libslirp opens one for a SYN alone; all others belong to a forwarded port. */
    return (packet->payload[13] & (TH_SYN | TH_ACK)) == TH_SYN ? FRAME_IS_REFUSED : FRAME_PASSES;
}

static FrameVerdict judge_frame(SlirpState *s, const uint8_t *frame, size_t size)
{
    Ipv4Packet packet;
    uint8_t network;

    if (size >= ETH_HLEN && lduw_be_p(frame + 12) == ETH_P_IPV6) {
        /* Nothing here guards ::1. */
        return FRAME_IS_DROPPED;
    }
    if (!parse_ipv4(frame, size, &packet)) {
        return FRAME_PASSES;
    }
    network = ntohl(packet.to) >> 24;
    if (network == 127 || network == 0) {
        return FRAME_IS_DROPPED;
    }
    if (packet.to != s->host.s_addr && packet.to != INADDR_BROADCAST) {
        return FRAME_PASSES;
    }
    switch (packet.protocol) {
    case IP_PROTO_UDP:
        return judge_datagram(s, &packet);
    case IP_PROTO_TCP:
        return judge_segment(s, &packet);
    default:
        /* libslirp answers a ping of its own address by itself. */
        return packet.to == s->host.s_addr ? FRAME_PASSES : FRAME_IS_DROPPED;
    }
}

/*
 * A SYN with a FIN is one to which libslirp answers with a reset, so that the guest need not wait for nothing. The
 * flag adds 1 to the checksum's sum, which is kept as its complement.
 */
static void refuse_connection(SlirpState *s, const uint8_t *frame, size_t size)
{
    g_autofree uint8_t *refused = g_memdup2(frame, size);
    uint8_t *tcp = refused + ETH_HLEN + (refused[ETH_HLEN] & 0x0f) * 4;
    uint16_t sum = lduw_be_p(tcp + 16);

    if (!(tcp[13] & TH_FIN)) {
        tcp[13] |= TH_FIN;
        stw_be_p(tcp + 16, sum == 0 ? 0xfffe : sum - 1);
    }
    slirp_input(s->slirp, refused, size);
}

