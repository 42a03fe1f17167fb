package main

import "bytes"

// decoder finds frames in what the port delivers. Garbage, or a frame that a lost connection cut off, makes it look
// for the next place where a whole frame with a valid checksum begins.
type decoder struct {
	buf        []byte
	start, end int // what is not decoded yet
}

const decoderSize = 128 << 10

// space is where the next bytes from the port go; filled tells how many came.
func (d *decoder) space() []byte {
	if d.buf == nil {
		d.buf = make([]byte, decoderSize)
	}
	if d.start == d.end {
		d.start, d.end = 0, 0
	}
	if len(d.buf) > decoderSize && d.end == 0 {
		d.buf = make([]byte, decoderSize) // a large control frame came through
	}
	if wanted := d.wanted(); d.start+wanted > len(d.buf) || d.end == len(d.buf) {
		d.makeRoom(wanted)
	}
	return d.buf[d.end:]
}

func (d *decoder) filled(n int) { d.end += n }

// reset forgets a frame that began but did not end: the connection that sent it is gone.
func (d *decoder) reset() { d.start, d.end = 0, 0 }

// next is the next whole frame; its payload is valid until space is called.
func (d *decoder) next() (frame, bool) {
	for d.seek() {
		rest := d.buf[d.start:d.end]
		length, plausible := payloadLength(rest)
		if plausible && len(rest) < headerSize+length {
			return frame{}, false
		}
		if !plausible || checksum(rest[:headerSize+length]) != get32(rest[16:]) {
			d.start++
			continue
		}
		d.start += headerSize + length
		return frame{kind: rest[12], stream: get32(rest[8:]), payload: rest[headerSize : headerSize+length]}, true
	}
	return frame{}, false
}

var magicBytes = []byte("mvmf")

// seek moves to the next magic and tells whether a whole header stands there.
func (d *decoder) seek() bool {
	rest := d.buf[d.start:d.end]
	at := bytes.Index(rest, magicBytes)
	if at < 0 {
		at = max(0, len(rest)-len(magicBytes)+1) // a magic may have begun
	}
	d.start += at
	return d.end-d.start >= headerSize
}

func payloadLength(header []byte) (int, bool) {
	length, kind := get32(header[4:]), header[12]
	limit := uint32(maxPayload)
	if kind == frameControl {
		limit = maxControl
	}
	known := kind >= frameControl && kind <= frameResume
	return int(length), known && length <= limit && header[13]|header[14]|header[15] == 0
}

// wanted is how much room the frame that has begun needs.
func (d *decoder) wanted() int {
	rest := d.buf[d.start:d.end]
	if len(rest) < headerSize {
		return headerSize
	}
	length, plausible := payloadLength(rest)
	if !plausible {
		return headerSize
	}
	return headerSize + length
}

func (d *decoder) makeRoom(wanted int) {
	room := d.buf
	if wanted > len(d.buf) {
		room = make([]byte, wanted)
	}
	d.end = copy(room, d.buf[d.start:d.end])
	d.start = 0
	d.buf = room
}
