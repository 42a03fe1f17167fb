package main

import (
	"sync"
	"testing"
)

func TestStreamsTakeTurnsAndMessagesGoFirst(t *testing.T) {
	l := newLink(nil, &sync.Mutex{})
	l.begin()
	l.control = nil
	full := func(stream uint32, bytes int) *output {
		o := &output{session: &session{}, link: l, stream: stream, room: sync.NewCond(l.mu), live: true}
		o.kept.add(make([]byte, bytes))
		return o
	}
	flood := full(2, window)
	flood.offer()
	full(6, 10).offer()
	l.say(object{"event": "first"})
	full(10, 2*chunkSize).offer()
	for n, expected := range []uint32{0, 2, 6, 10, 2, 10, 2, 2} {
		var d decoder
		d.filled(copy(d.space(), l.next(nil)))
		if f, _ := d.next(); f.stream != expected {
			t.Errorf("frame %d is of stream %d, not %d", n, f.stream, expected)
		}
	}
}
