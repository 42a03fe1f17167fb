package main

import (
	"strconv"
	"syscall"
	"time"
)

// machine is what this guest is at present: nobody's after the boot and after release, with at most a stage in waiting.
type machine struct {
	id      string // empty: nobody's
	stage   *stage
	used    bool     // the stage has become a program
	cgroup  int      // folder of the limits, -1 for none
	devices []string // disks that are mounted
	sysctls []sysctl // as they were before
}

func (m *machine) name() any {
	if m.id == "" {
		return nil
	}
	return m.id
}

// buried learns of a child's end. The lock is held.
func (m *machine) buried(pid int) {
	if m.stage != nil && m.stage.pid == pid {
		close(m.stage.dead)
	}
}

// prepare starts a stage, so that it is there when the guest becomes a machine.
func (a *agent) prepare() {
	a.life.Lock()
	defer a.life.Unlock()
	if err := a.ensureStage(); err != nil {
		complain("the stage: " + err.Error()) // become will try again, and tell the host
	}
}

func (a *agent) ensureStage() error {
	if a.machine.stage != nil {
		return nil
	}
	started, err := startStage()
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.machine.stage, a.machine.used, a.machine.cgroup = started, false, -1
	if _, ended := a.reaped[started.pid]; ended {
		a.machine.buried(started.pid)
	}
	a.mu.Unlock()
	a.bearing()
	return nil
}

func (a *agent) become(message object) (object, *session, error) {
	b, err := readBecome(message)
	if err != nil {
		return nil, nil, err
	}
	a.life.Lock()
	defer a.life.Unlock()
	if a.machine.id != "" {
		return nil, nil, fail("agent.busy", "this guest is a machine already")
	}
	if err := a.furnish(b, message); err != nil {
		return nil, nil, firstOf(a.clear(), err)
	}
	a.mu.Lock()
	a.machine.id = b.machineID
	a.mu.Unlock()
	if b.exec == nil {
		return nil, nil, nil
	}
	return a.start(b.exec)
}

// furnish has the stage mount the machine's root while the agent does what concerns the whole guest.
func (a *agent) furnish(b becomeSpec, message object) error {
	if err := a.ensureStage(); err != nil {
		return err
	}
	a.machine.devices = []string{b.image}
	if b.upper.device != "" {
		a.machine.devices = append(a.machine.devices, b.upper.device)
	}
	a.machine.sysctls = before(b.sysctls)
	if err := a.machine.stage.send(message); err != nil {
		return err
	}
	ours := firstOf(b.arrive(), setHostname(b.hostname), networkUp(b.network))
	theirs := a.machine.stage.mounted()
	if b.cpuMillis > 0 && ours == nil {
		a.machine.cgroup, ours = limitCPU(b.cpuMillis, a.machine.stage.pid)
	}
	return firstOf(theirs, ours)
}

func (m moment) arrive() error { return firstOf(setClock(m.seconds, m.nanos), stirEntropy(m.entropy)) }

// wake is asked for after the guest's vCPUs stood still.
func wake(message object) error {
	f := fields{from: message}
	m := readMoment(&f)
	if f.err != nil {
		return f.err
	}
	return m.arrive()
}

func (a *agent) release() error {
	a.life.Lock()
	defer a.life.Unlock()
	if err := a.clear(); err != nil {
		return err
	}
	return a.ensureStage()
}

// clear ends every program and takes the machine's root away with its namespaces. The disks are free afterwards.
func (a *agent) clear() error {
	if err := a.endPrograms(); err != nil {
		return err
	}
	a.mu.Lock()
	for _, s := range a.sessions {
		s.release()
		a.leave(s)
	}
	clear(a.reaped)
	clear(a.disowned)
	devices, cgroup, sysctls := a.machine.devices, a.machine.cgroup, a.machine.sysctls
	a.machine = machine{cgroup: -1}
	a.mu.Unlock()
	for _, s := range sysctls {
		_ = s.write() // what cannot be put back was refused before
	}
	return firstOf(networkDown(), unlimit(cgroup), awaitFree(devices))
}

// endPrograms kills the stage or what it became, and with it all of its pid namespace.
func (a *agent) endPrograms() error {
	stage := a.machine.stage
	if stage == nil {
		return nil
	}
	defer stage.close()
	_ = syscall.Kill(stage.pid, syscall.SIGKILL) // it may be gone already
	select {
	case <-stage.dead:
		return nil
	case <-time.After(20 * time.Second):
		return fail("agent.stuck", "the machine's programs do not end")
	}
}

func (a *agent) powerOff() error {
	a.life.Lock()
	defer a.life.Unlock()
	err := a.clear()
	if err != nil {
		complain(err.Error()) // what is mounted is synced below, and the journal does the rest
	}
	syncDisks()
	restart()
	return err
}

// find gives the session that a request names.
func (a *agent) find(message object) (*session, error) {
	id, _ := message["session"].(string)
	if s := a.sessions[id]; s != nil && s.pid != 0 {
		return s, nil
	}
	return nil, fail("agent.no-session", "no such session")
}

func (a *agent) signal(message object) error {
	name, _ := message["signal"].(string)
	signal, known := signalNumber(name)
	if !known {
		return fail("agent.bad-request", "no such signal: "+strconv.Quote(name))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s, err := a.find(message)
	if err != nil || s.exit != nil {
		return err
	}
	if err := syscall.Kill(s.pid, signal); err != syscall.ESRCH {
		return err
	}
	return nil // it was reaped a moment ago: its exit is on its way
}

func (a *agent) resize(message object) error {
	columns, rows, err := readSize(message, nil)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s, err := a.find(message)
	if err != nil || s.exit != nil {
		return err
	}
	if s.terminal == nil {
		return fail("agent.no-terminal", "the program has no terminal")
	}
	return setSize(s.terminal, columns, rows)
}

// forget drops a session that has ended.
func (a *agent) forget(message object) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, err := a.find(message)
	if err != nil {
		return err
	}
	if s.exit == nil {
		return fail("agent.busy", "the program still runs")
	}
	s.release()
	a.leave(s)
	return nil
}
