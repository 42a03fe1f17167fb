package main

import (
	"io"
	"slices"
	"sync"
)

// link is the agent's side of the port. A hello opens it; whatever was said before that belongs to a host that is
// gone. One goroutine reads and one writes, and all that the host is told passes the writer: control frames first,
// then a frame of each stream in turn, so that a flood on one starves no other.
type link struct {
	mu   *sync.Mutex // the agent's
	wake *sync.Cond
	port io.ReadWriter
	// generation grows with every hello: an answer to an earlier host is not sent to the next.
	generation int
	open       bool
	control    [][]byte
	ready      []sender
}

// sender is a stream that has something to say.
type sender interface {
	// appendNext adds the stream's next frame and tells whether there are more. The agent's lock is held.
	appendNext(buf []byte) (frame []byte, more bool)
}

func newLink(port io.ReadWriter, mu *sync.Mutex) *link {
	return &link{mu: mu, wake: sync.NewCond(mu), port: port}
}

// begin starts a new conversation. The lock is held.
func (l *link) begin() {
	l.control, l.ready = nil, nil
	if l.generation > 0 {
		// The last frame to the host before this one may have been cut off. As many zeros as a frame can have end it.
		l.control = append(l.control, make([]byte, headerSize+maxPayload))
	}
	l.generation++
	l.open = true
}

// maxUnheard is how many control frames may wait. A host that asks and does not listen must not cost memory: it is
// silenced until its next hello.
const maxUnheard = 4096

// say queues a control frame. The lock is held.
func (l *link) say(message object) {
	if len(l.control) >= maxUnheard {
		l.silence()
	}
	if !l.open {
		return
	}
	text := appendJSON(nil, message)
	if len(text) > maxPayload {
		text = appendJSON(nil, object{"id": message["id"], "error": object{
			"code": "agent.too-large", "message": "the answer does not fit a frame"}})
	}
	l.control = append(l.control, appendFrame(nil, frameControl, 0, nil, text))
	l.wake.Signal()
}

// offer gives a stream its place among those that take turns. The lock is held.
func (l *link) offer(s sender) {
	if l.open && !slices.Contains(l.ready, s) {
		l.ready = append(l.ready, s)
		l.wake.Signal()
	}
}

// write sends for as long as the port lives.
func (l *link) write() error {
	buf := make([]byte, 0, headerSize+8+chunkSize)
	for {
		if _, err := l.port.Write(l.next(buf[:0])); err != nil {
			return err
		}
	}
}

// next waits for the next frame.
func (l *link) next(buf []byte) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		if len(l.control) > 0 {
			first := l.control[0]
			l.control = l.control[1:]
			return first
		}
		if len(l.ready) > 0 {
			first := l.ready[0]
			l.ready = append(l.ready[:0], l.ready[1:]...)
			frame, more := first.appendNext(buf)
			if more {
				l.ready = append(l.ready, first)
			}
			if len(frame) > 0 {
				return frame
			}
			continue
		}
		l.wake.Wait()
	}
}

// read hands every frame to receive for as long as the port lives; io.EOF from the port means that the host went away.
func (l *link) read(receive func(frame)) error {
	var incoming decoder
	for {
		n, err := l.port.Read(incoming.space())
		if err == io.EOF {
			incoming.reset()
			l.close()
			continue
		}
		if err != nil {
			return err
		}
		incoming.filled(n)
		for f, found := incoming.next(); found; f, found = incoming.next() {
			receive(f)
		}
	}
}

func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.silence()
}

func (l *link) silence() {
	l.open = false
	l.control, l.ready = nil, nil
}
