package main

import (
	"os"
	"sync"
)

// input carries what the host sends to a program's stdin, and tells the host how far the program's side has taken it.
type input struct {
	link     *link
	stream   uint32
	file     *os.File
	tty      bool
	waiting  ring // tail: consumed, head: received
	arrived  *sync.Cond
	ended    bool
	gone     bool   // nobody reads any more: what comes is dropped
	credited uint64 // the position that the host knows
	missing  bool   // the host must send again from what is received
	asked    bool   // and has been told so
}

const veof = "\x04"

// pump writes until the host ended the stream or the program's side is closed.
func (i *input) pump() {
	for bytes := i.next(); bytes != nil; bytes = i.next() {
		n, err := i.file.Write(bytes)
		i.consume(n, err != nil)
	}
	if !i.tty {
		i.file.Close()
		return
	}
	// As when a person types ctrl-D: nobody can type any more. The program decides what that means. The write fails
	// when the program is gone, and then nobody waits for it. The terminal itself is closed by its output.
	_, _ = i.file.WriteString(veof)
}

// next waits for bytes; nil at the end.
func (i *input) next() []byte {
	const atOnce = 16 << 10 // credit comes back in steps of this
	i.link.mu.Lock()
	defer i.link.mu.Unlock()
	for !i.gone {
		if i.waiting.held() > 0 {
			return i.waiting.from(i.waiting.tail, atOnce)
		}
		if i.ended {
			return nil
		}
		i.arrived.Wait()
	}
	return nil
}

func (i *input) consume(n int, failed bool) {
	i.link.mu.Lock()
	defer i.link.mu.Unlock()
	i.waiting.tail += uint64(n)
	if failed {
		i.drop()
	}
	i.offer()
}

// drop takes whatever comes from now on, as a pipe to /dev/null does.
func (i *input) drop() {
	i.gone = true
	i.waiting.tail = i.waiting.head
	i.arrived.Signal()
	i.offer()
}

// close ends it when the program is gone; a write that waits for the program returns.
func (i *input) close() {
	i.drop()
	if !i.tty {
		_ = i.file.Close() // closed already when the host ended it
	}
}

// receive takes what is new in a frame.
func (i *input) receive(offset uint64, bytes []byte) {
	received := i.waiting.head
	switch {
	case offset > received:
		i.askAgain()
		return
	case i.ended || offset+uint64(len(bytes)) <= received:
		return
	}
	i.missing, i.asked = false, false
	fresh := bytes[received-offset:]
	if i.gone {
		i.waiting.head += uint64(len(fresh))
		i.drop()
		return
	}
	i.waiting.add(fresh)
	i.arrived.Signal()
}

func (i *input) end(offset uint64) {
	if offset > i.waiting.head {
		i.askAgain()
		return
	}
	i.ended = true
	i.arrived.Signal()
}

func (i *input) askAgain() {
	if !i.asked {
		i.missing = true
		i.link.offer(i)
	}
}

// greet prepares for a new host: it learns both positions from the hello.
func (i *input) greet() {
	i.missing, i.asked = false, false
	i.credited = i.waiting.tail
}

// offer tells the host of progress in quarters of the window, and whenever all is consumed.
func (i *input) offer() {
	news := i.waiting.tail - i.credited
	if news >= window/4 || news > 0 && i.waiting.held() == 0 {
		i.link.offer(i)
	}
}

func (i *input) appendNext(buf []byte) ([]byte, bool) {
	if i.missing && !i.asked {
		i.asked = true
		return appendOffsetFrame(buf, frameResume, i.stream, i.waiting.head, nil), true
	}
	if i.credited == i.waiting.tail {
		return buf, false
	}
	i.credited = i.waiting.tail
	return appendOffsetFrame(buf, frameCredit, i.stream, i.credited, nil), false
}

func (i *input) state() object {
	return object{"received": i.waiting.head, "consumed": i.waiting.tail, "ended": i.ended}
}
