package main

import (
	"os"
	"sync"
	"syscall"
)

// session is one program's life, from its start until the host has seen all of its end.
type session struct {
	id       string
	number   uint32
	main     bool
	tty      bool
	pid      int    // as the agent sees it; 0 until the program runs
	stdin    *input // nil: it reads as empty
	outputs  [2]*output
	terminal *os.File // the master side, when there is one
	link     *link
	exit     object // nil while it runs
	exitTold bool
}

// A stream's number is its session's and one of these.
const (
	channelBits = 2
	stdin       = 1
	stdout      = 2
	stderr      = 3
)

func (s *session) stream(channel uint32) uint32 { return s.number<<channelBits | channel }

// attach connects the agent's ends of the program's files: nil for what it has not.
func (s *session) attach(in, out, err *os.File, mu *sync.Mutex) {
	for n, file := range []*os.File{out, err} {
		s.outputs[n] = &output{
			session: s, link: s.link, file: file, room: sync.NewCond(mu),
			stream: s.stream(stdout + uint32(n)), ended: file == nil,
		}
	}
	if in != nil {
		s.stdin = &input{link: s.link, file: in, tty: s.tty, arrived: sync.NewCond(mu), stream: s.stream(stdin)}
	}
}

// begin lets the streams flow; live when the host that asked for the program is still there. The lock is held.
func (s *session) begin(live bool) {
	for _, o := range s.outputs {
		o.live = live
		o.offer()
		if o.file != nil {
			go o.pump()
		}
	}
	if s.stdin != nil {
		go s.stdin.pump()
	}
}

// ended is told by the reaper. The lock is held.
func (s *session) ended(status syscall.WaitStatus, used *syscall.Rusage) {
	s.exit = exitOf(status, used)
	for _, o := range s.outputs {
		o.finish()
	}
	if s.stdin != nil {
		s.stdin.close()
	}
	s.tellExit()
}

// tellExit comes after both outputs ended. The lock is held.
func (s *session) tellExit() {
	if s.exit == nil || s.exitTold || !s.outputs[0].endSent || !s.outputs[1].endSent {
		return
	}
	s.exitTold = true
	s.link.say(object{"event": "exit", "session": s.id, "exit": s.exit})
}

// greet silences the session until a new host asks for its streams. The lock is held.
func (s *session) greet() {
	s.exitTold = false
	for _, o := range s.outputs {
		o.silence()
	}
	if s.stdin != nil {
		s.stdin.greet()
	}
}

// release forgets what the host has not fetched. The lock is held.
func (s *session) release() {
	for _, o := range s.outputs {
		o.release()
	}
	if s.stdin != nil {
		s.stdin.close()
	}
}

func (s *session) receive(f frame) {
	offset, valid := f.offset()
	if !valid {
		return
	}
	channel := f.stream & (1<<channelBits - 1)
	if channel == stdin && s.stdin != nil {
		switch f.kind {
		case frameData:
			s.stdin.receive(offset, f.payload[8:])
		case frameEnd:
			s.stdin.end(offset)
		}
	}
	if channel == stdout || channel == stderr {
		o := s.outputs[channel-stdout]
		switch f.kind {
		case frameCredit:
			o.acknowledge(offset)
		case frameResume:
			o.resume(offset)
		}
	}
}

func (s *session) state() object {
	result := object{
		"id": s.id, "number": int(s.number), "pid": s.pid, "main": s.main, "tty": s.tty,
		"exit": nil, "stdin": nil, "stdout": s.outputs[0].state(), "stderr": s.outputs[1].state(),
	}
	if s.exit != nil {
		result["exit"] = s.exit
	}
	if s.stdin != nil {
		result["stdin"] = s.stdin.state()
	}
	return result
}

func exitOf(status syscall.WaitStatus, used *syscall.Rusage) object {
	result := object{
		"code": status.ExitStatus(), "signal": nil,
		"userUs": micros(used.Utime), "systemUs": micros(used.Stime), "maxRssBytes": used.Maxrss << 10,
	}
	if status.Signaled() {
		result["code"] = 128 + int(status.Signal())
		result["signal"] = signalName(status.Signal())
	}
	return result
}

func micros(t syscall.Timeval) int64 { return int64(t.Sec)*1_000_000 + int64(t.Usec) }
