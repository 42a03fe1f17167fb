package main

// window is how many bytes of a stream may be unacknowledged: WINDOW in vmm/contract/stream.ts.
const window = 256 << 10

// ring keeps the bytes of a stream from tail to head, counted from the stream's start. It grows to the window as it
// fills, for most streams are short.
type ring struct {
	buf        []byte
	tail, head uint64
}

const firstRing = 4 << 10

func (r *ring) held() int { return int(r.head - r.tail) }

// free is a stretch where bytes may be written next, empty when the window is full.
func (r *ring) free() []byte {
	if r.held() == len(r.buf) && len(r.buf) < window {
		r.grow()
	}
	return r.stretch(r.head, len(r.buf)-r.held())
}

// from is a stretch of at most limit bytes from a position that is held.
func (r *ring) from(position uint64, limit int) []byte {
	return r.stretch(position, min(limit, int(r.head-position)))
}

// add copies as much as fits.
func (r *ring) add(bytes []byte) {
	for len(bytes) > 0 {
		n := copy(r.free(), bytes)
		if n == 0 {
			return
		}
		r.head += uint64(n)
		bytes = bytes[n:]
	}
}

func (r *ring) stretch(position uint64, length int) []byte {
	if length == 0 {
		return nil
	}
	start := int(position % uint64(len(r.buf)))
	return r.buf[start:min(len(r.buf), start+length)]
}

func (r *ring) grow() {
	larger := ring{buf: make([]byte, max(firstRing, 2*len(r.buf))), tail: r.tail, head: r.head}
	for at := r.tail; at < r.head; {
		piece := r.from(at, r.held())
		for done := 0; done < len(piece); {
			done += copy(larger.stretch(at+uint64(done), len(piece)-done), piece[done:])
		}
		at += uint64(len(piece))
	}
	*r = larger
}
