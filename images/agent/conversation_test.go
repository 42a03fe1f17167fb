package main

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"
)

// host is the other end of an agent's port in these tests, where programs are pipes.
type host struct {
	t      *testing.T
	agent  *agent
	wire   io.Writer
	frames chan frame
}

func newHost(t *testing.T) *host {
	toAgent, hostWrites := io.Pipe()
	hostReads, toHost := io.Pipe()
	h := &host{t: t, wire: hostWrites, frames: make(chan frame)}
	h.agent = newAgent(struct {
		io.Reader
		io.Writer
	}{toAgent, toHost}, "boot")
	h.agent.life.Lock() // no stage is started in a test
	go h.agent.link.read(h.agent.receive)
	go h.agent.link.write()
	go func() {
		var d decoder
		for {
			n, err := hostReads.Read(d.space())
			if err != nil {
				return
			}
			d.filled(n)
			for f, more := d.next(); more; f, more = d.next() {
				f.payload = bytes.Clone(f.payload)
				h.frames <- f
			}
		}
	}()
	return h
}

func (h *host) say(message object) {
	h.wire.Write(appendFrame(nil, frameControl, 0, nil, appendJSON(nil, message)))
}

func (h *host) send(kind byte, stream uint32, offset uint64, bytes ...byte) {
	h.wire.Write(appendOffsetFrame(nil, kind, stream, offset, bytes))
}

func (h *host) next() frame {
	h.t.Helper()
	select {
	case f := <-h.frames:
		return f
	case <-time.After(10 * time.Second):
		h.t.Fatal("the agent is silent")
		return frame{}
	}
}

func (h *host) hear() object {
	h.t.Helper()
	f := h.next()
	message, err := parseObject(f.payload)
	if f.kind != frameControl || err != nil {
		h.t.Fatalf("a frame of kind %d came instead of a message: %v", f.kind, err)
	}
	return message
}

func (h *host) hello(epoch string) object {
	h.t.Helper()
	h.say(object{"op": "hello", "epoch": epoch})
	for {
		if f := h.next(); f.kind == frameControl {
			if message, _ := parseObject(f.payload); message["epoch"] == epoch {
				return message
			}
		}
	}
}

// nothing proves by a ping that the agent has nothing else to say.
func (h *host) nothing() {
	h.t.Helper()
	h.say(object{"op": "ping", "id": 99})
	if answer := h.hear(); answer["id"] != int64(99) {
		h.t.Fatalf("the agent said %v", answer)
	}
}

// collect takes a stream's bytes until its end.
func (h *host) collect(stream uint32, from uint64, acknowledge bool) []byte {
	h.t.Helper()
	var all []byte
	for {
		f := h.next()
		offset, _ := f.offset()
		if f.stream != stream {
			continue
		}
		if offset != from+uint64(len(all)) {
			h.t.Fatalf("bytes from %d came at %d", offset, from+uint64(len(all)))
		}
		if f.kind == frameEnd {
			return all
		}
		all = append(all, f.payload[8:]...)
		if acknowledge {
			h.send(frameCredit, stream, from+uint64(len(all)))
		}
	}
}

// program is a session whose program is this test: it writes to out and reads from in.
func (h *host) program(id string) (s *session, in, out *os.File) {
	h.t.Helper()
	s, err := h.agent.enter(id, false, false)
	if err != nil {
		h.t.Fatal(err)
	}
	in, agentIn, _ := os.Pipe()
	agentOut, out, _ := os.Pipe()
	h.agent.mu.Lock()
	defer h.agent.mu.Unlock()
	s.attach(agentIn, agentOut, nil, &h.agent.mu)
	s.pid = 1 << 30
	s.begin(h.agent.link.open)
	h.t.Cleanup(func() { in.Close(); out.Close() })
	return s, in, out
}

func pattern(n int) []byte {
	result := make([]byte, n)
	for i := range result {
		result[i] = byte(i * 31 >> 3)
	}
	return result
}

func TestNothingIsSaidBeforeAHello(t *testing.T) {
	h := newHost(t)
	h.say(object{"op": "ping", "id": 1})
	if answer := h.hello("first"); answer["bootId"] != "boot" || answer["machineId"] != nil {
		t.Errorf("the hello is answered with %v", answer)
	}
	h.nothing()
}

func TestOutputsAreSilentAfterAHelloUntilTheyAreAskedFor(t *testing.T) {
	h := newHost(t)
	h.hello("first")
	s, _, out := h.program("p")
	out.WriteString("hello ")
	for f := h.next(); f.kind != frameData; f = h.next() {
	}
	h.hello("second")
	out.WriteString("world")
	out.Close()
	h.nothing()
	h.send(frameResume, s.stream(stdout), 2)
	if found := h.collect(s.stream(stdout), 2, true); string(found) != "llo world" {
		t.Errorf("got %q", found)
	}
}

func TestAllOutputArrivesOverBrokenConnections(t *testing.T) {
	h := newHost(t)
	h.hello("0")
	s, _, out := h.program("p")
	expected := pattern(3_000_000)
	go func() { out.Write(expected); out.Close() }()
	var all []byte
	for epoch := 1; len(all) < len(expected); epoch++ {
		h.hello(string(rune('a' + epoch%26)))
		h.send(frameResume, s.stream(stdout), uint64(len(all)))
		for frames := 0; frames < 20 && len(all) < len(expected); {
			f := h.next()
			if offset, _ := f.offset(); f.kind != frameData || offset != uint64(len(all)) {
				continue
			}
			all = append(all, f.payload[8:]...)
			frames++
			if frames%3 == 0 { // what is not acknowledged comes again
				h.send(frameCredit, s.stream(stdout), uint64(len(all)))
			}
		}
	}
	if !bytes.Equal(all, expected) {
		t.Error("the bytes differ")
	}
}

func TestAProgramWaitsWhenNobodyAcknowledges(t *testing.T) {
	h := newHost(t)
	h.hello("first")
	s, _, out := h.program("p")
	go out.Write(make([]byte, 4*window))
	received := 0
	for received < window {
		if f := h.next(); f.stream == s.stream(stdout) {
			received += len(f.payload) - 8
		}
	}
	h.nothing()
	if received != window {
		t.Errorf("%d bytes came without credit", received)
	}
}

func TestStdinArrivesOnceAndInOrder(t *testing.T) {
	h := newHost(t)
	h.hello("first")
	s, in, _ := h.program("p")
	stream := s.stream(stdin)
	expected := pattern(window)
	h.send(frameData, stream, 0, expected[:1000]...)
	h.send(frameData, stream, 500, expected[500:2000]...)   // partly known
	h.send(frameData, stream, 5000, expected[5000:6000]...) // a gap
	h.send(frameData, stream, 6000, expected[6000:7000]...) // still the same gap
	for {
		if f := h.next(); f.kind == frameResume {
			if offset, _ := f.offset(); f.stream != stream || offset != 2000 {
				t.Fatalf("the agent asks for stream %d from %d", f.stream, offset)
			}
			break
		}
	}
	go func() {
		for at := 2000; at < len(expected); at += 30000 {
			end := min(at+30000, len(expected))
			h.send(frameData, stream, uint64(at), expected[at:end]...)
		}
		h.send(frameEnd, stream, uint64(len(expected)))
	}()
	again := make(chan bool, 1)
	go func() {
		for consumed := uint64(0); consumed < uint64(len(expected)); {
			f := h.next()
			if f.kind == frameResume {
				again <- true
				return
			}
			consumed, _ = f.offset()
		}
		again <- false
	}()
	found, _ := io.ReadAll(in)
	if !bytes.Equal(found, expected) {
		t.Errorf("%d of %d bytes arrived, or others", len(found), len(expected))
	}
	if <-again {
		t.Error("the gap was told twice")
	}
}

func TestStdinThatNobodyReadsIsTakenAllTheSame(t *testing.T) {
	h := newHost(t)
	h.hello("first")
	s, in, _ := h.program("p")
	in.Close()
	for at := 0; at < 4*window; at += 32768 {
		h.send(frameData, s.stream(stdin), uint64(at), make([]byte, 32768)...)
		for consumed := uint64(0); consumed < uint64(at+32768); {
			if f := h.next(); f.stream == s.stream(stdin) && f.kind == frameCredit {
				consumed, _ = f.offset()
			}
		}
	}
}

func TestAHostThatDoesNotListenCostsNoMemory(t *testing.T) {
	h := newHost(t)
	h.hello("first")
	for n := range maxUnheard + 100 {
		h.say(object{"op": "ping", "id": n})
	}
	h.agent.mu.Lock()
	waiting := len(h.agent.link.control)
	h.agent.mu.Unlock()
	if waiting > maxUnheard {
		t.Errorf("%d answers wait", waiting)
	}
	h.hello("second")
	h.nothing()
}

func TestAPanicInARequestIsAnAnswer(t *testing.T) {
	err := guarded(func() error { var none *session; none.begin(true); return nil })
	if refusal, isFailure := err.(failure); !isFailure || refusal.code != "agent.fault" {
		t.Errorf("got %v", err)
	}
}
