package main

import (
	"io"
	"sync"
	"syscall"
	"time"
)

const (
	protocolVersion = 1
	maxSessions     = 128
	maxSlowRequests = 64
	stageDelay      = 5 * time.Millisecond
)

// agent is everything that lives. Its lock guards all of it, streams and sessions included; nothing that may wait for
// a program, a disk or the host happens while it is held.
type agent struct {
	mu       sync.Mutex
	link     *link
	bootID   string
	sessions map[string]*session
	numbers  map[uint32]*session
	last     uint32 // the latest session's number
	slow     int    // requests under way in goroutines of their own
	reaped   map[int]death
	disowned map[int]bool  // children that came to nothing: nobody asks how they end
	listings chan struct{} // has room for those that may be under way
	born     *sync.Cond    // a child was started: the reaper has something to wait for
	births   int

	// life orders what changes the machine (become, release, power-off) and what happens in it (exec).
	life    sync.RWMutex
	machine machine
}

// death is a child that was reaped before its start was written down.
type death struct {
	status syscall.WaitStatus
	used   syscall.Rusage
}

func newAgent(port io.ReadWriter, bootID string) *agent {
	a := &agent{
		bootID: bootID, sessions: map[string]*session{}, numbers: map[uint32]*session{}, reaped: map[int]death{}, disowned: map[int]bool{},
		listings: make(chan struct{}, maxListings),
	}
	a.born = sync.NewCond(&a.mu)
	a.link = newLink(port, &a.mu)
	return a
}

// serve ends when the port does.
func (a *agent) serve() error {
	failed := make(chan error, 2)
	go a.reap()
	go func() { failed <- a.link.write() }()
	go func() { failed <- a.link.read(a.receive) }()
	return <-failed
}

func (a *agent) receive(f frame) {
	if f.kind == frameControl {
		// A message that is none has no id to answer to: the host's deadline tells it.
		if message, err := parseObject(f.payload); err == nil {
			a.request(message)
		}
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := a.numbers[f.stream>>channelBits]; s != nil && a.link.open {
		s.receive(f)
	}
}

// hello begins the conversation with a host. Outputs stay silent until it asks for each.
func (a *agent) hello(message object) {
	epoch, _ := message["epoch"].(string)
	if len(epoch) == 0 || len(epoch) > 64 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.link.begin()
	processes := []any{}
	for _, s := range a.sessions {
		s.greet()
		if s.pid != 0 {
			processes = append(processes, s.state())
		}
	}
	a.link.say(object{
		"event": "hello", "epoch": epoch, "version": protocolVersion, "capabilities": capabilities(),
		"bootId": a.bootID, "machineId": a.machine.name(), "processes": processes,
	})
	// What this host waits for now is the answer, or a ping; the stage can be ready a moment later.
	time.AfterFunc(stageDelay, a.prepare)
}

// enter writes a new session down under its id, before its program exists.
func (a *agent) enter(id string, main, tty bool) (*session, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sessions[id] != nil {
		return nil, fail("exec.duplicate", "there is a session of this id")
	}
	if len(a.sessions) >= maxSessions {
		return nil, fail("agent.busy", "too many programs whose end nobody has fetched")
	}
	a.last++
	s := &session{id: id, number: a.last, main: main, tty: tty, link: a.link}
	a.sessions[id], a.numbers[s.number] = s, s
	return s, nil
}

// leave forgets a session. The lock is held.
func (a *agent) leave(s *session) {
	delete(a.sessions, s.id)
	delete(a.numbers, s.number)
}

// reap waits for children as long as there are any, then for a birth.
func (a *agent) reap() {
	births := 0
	for {
		var found death
		pid, err := syscall.Wait4(-1, &found.status, syscall.WALL, &found.used)
		a.mu.Lock()
		if err == nil {
			a.bury(pid, found)
		}
		for err == syscall.ECHILD && births == a.births {
			a.born.Wait()
		}
		births = a.births
		a.mu.Unlock()
	}
}

// bury hands a death to whom it concerns, or keeps it until the birth is written down. The lock is held.
func (a *agent) bury(pid int, found death) {
	a.machine.buried(pid)
	for _, s := range a.sessions {
		if s.pid == pid && s.exit == nil {
			s.ended(found.status, &found.used)
			return
		}
	}
	if !a.disowned[pid] {
		a.reaped[pid] = found
	}
	delete(a.disowned, pid)
}

func (a *agent) disown(pid int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, dead := a.reaped[pid]
	delete(a.reaped, pid)
	if !dead {
		a.disowned[pid] = true
	}
}

// runs writes down which process a session is; it may have ended already. The lock is held.
func (a *agent) runs(s *session, pid int) {
	s.pid = pid
	if found, dead := a.reaped[pid]; dead {
		delete(a.reaped, pid)
		s.ended(found.status, &found.used)
	}
}

// bearing is told after every fork.
func (a *agent) bearing() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.births++
	a.born.Signal()
}
