package main

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"time"
)

// output carries what a program writes to the host. What the host has not acknowledged is kept, and is sent again
// when a host that came back asks for it.
type output struct {
	session *session
	link    *link
	stream  uint32
	file    *os.File
	kept    ring // tail: acknowledged, head: produced
	room    *sync.Cond
	sent    uint64
	ended   bool
	// live: the host of this conversation wants the stream.
	live, endSent bool
	released      bool
}

// pump reads until the program's side is closed, or until the program is gone and what it left is read.
func (o *output) pump() {
	defer o.file.Close()
	for {
		space := o.reserve()
		if space == nil {
			return
		}
		n, err := o.file.Read(space)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			n, err = o.readLeftOver(space)
		}
		o.produce(n, err != nil || n == 0)
		if err != nil || n == 0 {
			return
		}
	}
}

// finish makes the pump take what is there and end, even if a child in the background holds the other side open.
func (o *output) finish() {
	if o.file != nil {
		// The only failure is a closed file: then the pump has ended already.
		_ = o.file.SetReadDeadline(time.Unix(1, 0))
	}
}

func (o *output) readLeftOver(space []byte) (n int, err error) {
	raw, err := o.file.SyscallConn()
	if err != nil {
		return 0, err
	}
	controlErr := raw.Control(func(fd uintptr) { n, err = syscall.Read(int(fd), space) })
	return max(0, n), errors.Join(controlErr, err)
}

// reserve waits for room in the window; nil when the session was dropped.
func (o *output) reserve() []byte {
	o.link.mu.Lock()
	defer o.link.mu.Unlock()
	for {
		if o.released {
			return nil
		}
		if space := o.kept.free(); len(space) > 0 {
			return space
		}
		o.room.Wait()
	}
}

func (o *output) produce(n int, end bool) {
	o.link.mu.Lock()
	defer o.link.mu.Unlock()
	o.kept.head += uint64(n)
	o.ended = end
	o.offer()
}

func (o *output) release() {
	o.released = true
	o.room.Signal()
	o.finish()
}

// acknowledge frees what the host has consumed and recorded.
func (o *output) acknowledge(position uint64) {
	if position > o.kept.tail && position <= o.kept.head {
		o.kept.tail = position
		o.sent = max(o.sent, position)
		o.room.Signal()
	}
}

// resume starts the stream for this host from a position, or from the first that is still kept. All that follows is
// told again, the exit as well.
func (o *output) resume(position uint64) {
	o.acknowledge(position)
	o.live, o.endSent, o.session.exitTold = true, false, false
	o.sent = min(max(position, o.kept.tail), o.kept.head)
	o.offer()
}

func (o *output) silence() { o.live, o.endSent = false, false }

func (o *output) offer() {
	if o.live && (o.sent < o.kept.head || o.ended && !o.endSent) {
		o.link.offer(o)
	}
}

func (o *output) appendNext(buf []byte) ([]byte, bool) {
	switch {
	case !o.live:
		return buf, false
	case o.sent < o.kept.head:
		bytes := o.kept.from(o.sent, chunkSize)
		buf = appendOffsetFrame(buf, frameData, o.stream, o.sent, bytes)
		o.sent += uint64(len(bytes))
		return buf, o.sent < o.kept.head || o.ended
	case o.ended && !o.endSent:
		o.endSent = true
		o.session.tellExit()
		return appendOffsetFrame(buf, frameEnd, o.stream, o.kept.head, nil), false
	}
	return buf, false
}

func (o *output) state() object {
	return object{"acked": o.kept.tail, "produced": o.kept.head, "ended": o.ended}
}
