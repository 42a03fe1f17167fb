package main

import "hash/crc32"

// A frame on the port, little endian, as vmm/guest/frames.ts has it on the host's side:
//
//	magic u32 · length of the payload u32 · stream u32 · kind u8 · 3 zero bytes · crc u32 · payload
//
// The crc covers the first 16 bytes and the payload. It is zlib's polynomial and not crc32c, for that is what Node has
// natively (4.5 GB/s instead of 0.5), and under TCG a guest computes it at 700 MB/s instead of 100: QEMU emulates
// SSE4.2's crc32 bit by bit.
const (
	magic      = 0x666d766d // "mvmf"
	headerSize = 20

	frameControl = 1 // JSON, on stream 0
	frameData    = 2 // u64 offset, bytes
	frameEnd     = 3 // u64 offset at which the stream ends
	frameCredit  = 4 // u64 position up to which the receiver has consumed and recorded
	frameResume  = 5 // u64 position from which the receiver wants the stream again

	// Largest payload that is no control frame from the host, and the agent's largest of any kind.
	maxPayload = 64<<10 + 16
	// Largest control frame from the host: argument lists and environments are of that order.
	maxControl = 1 << 20
	// Linux takes at most 32 KiB in one write to a port (drivers/char/virtio_console.c); a frame of that size is never
	// half written when the host goes away.
	chunkSize = 32<<10 - headerSize - 8
)

type frame struct {
	kind    byte
	stream  uint32
	payload []byte
}

// offset is the number that every payload but control's begins with.
func (f frame) offset() (uint64, bool) {
	if len(f.payload) < 8 {
		return 0, false
	}
	return uint64(get32(f.payload)) | uint64(get32(f.payload[4:]))<<32, true
}

// appendFrame adds a frame whose payload is the concatenation of head and body.
func appendFrame(buf []byte, kind byte, stream uint32, head, body []byte) []byte {
	start := len(buf)
	buf = append32(buf, magic)
	buf = append32(buf, uint32(len(head)+len(body)))
	buf = append32(buf, stream)
	buf = append32(buf, uint32(kind))
	buf = append32(buf, 0)
	buf = append(append(buf, head...), body...)
	put32(buf[start+16:], checksum(buf[start:]))
	return buf
}

func appendOffsetFrame(buf []byte, kind byte, stream uint32, offset uint64, body []byte) []byte {
	var head [8]byte
	put32(head[:], uint32(offset))
	put32(head[4:], uint32(offset>>32))
	return appendFrame(buf, kind, stream, head[:], body)
}

func checksum(whole []byte) uint32 {
	crc := crc32.Update(0, crc32.IEEETable, whole[:16])
	return crc32.Update(crc, crc32.IEEETable, whole[headerSize:])
}

func get32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func put32(b []byte, v uint32) {
	b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
}

func append32(b []byte, v uint32) []byte {
	return append(b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
}
