package main

import (
	"os"
	"runtime"
	"syscall"
)

// stage is the process that becomes the machine's own program. It is PID 1 of namespaces of its own, mounts the
// machine's root there, and calls execve when it is told to, so that the program is PID 1 and everything mounted goes
// with it. It is this same binary, started ahead of time.
type stage struct {
	pid     int
	pidfd   int
	channel *os.File
	dead    chan struct{}
}

const (
	stageName    = "mvm-init" // what ps shows of one that stays
	stageChannel = 3
	stageSelf    = 4 // this binary, for a root that has it not
	namespaces   = syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWIPC
)

func startStage() (*stage, error) {
	return forkStage("/init", &syscall.SysProcAttr{Cloneflags: namespaces, Setsid: true})
}

func forkStage(path string, attributes *syscall.SysProcAttr, further ...uintptr) (*stage, error) {
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer syscall.Close(ends[1])
	pidfd := -1
	attributes.PidFD = &pidfd
	pid, err := syscall.ForkExec(path, []string{stageName}, &syscall.ProcAttr{
		Dir:   "/",
		Files: append([]uintptr{0, 1, 2, uintptr(ends[1])}, further...),
		Sys:   attributes,
	})
	channel := os.NewFile(uintptr(ends[0]), stageName)
	if err != nil {
		channel.Close()
		return nil, err
	}
	return &stage{pid: pid, pidfd: pidfd, channel: channel, dead: make(chan struct{})}, nil
}

func (s *stage) close() {
	s.channel.Close()
	syscall.Close(s.pidfd)
}

// send gives the stage a message, with files when it is the last.
func (s *stage) send(message object, files ...int) error {
	text := appendJSON(nil, message)
	var head [4]byte
	put32(head[:], uint32(len(text)))
	var rights []byte
	if len(files) > 0 {
		rights = syscall.UnixRights(files...)
	}
	if err := syscall.Sendmsg(int(s.channel.Fd()), head[:], rights, nil, 0); err != nil {
		return err
	}
	_, err := s.channel.Write(text)
	return err
}

// mounted waits until the stage has entered the machine's root.
func (s *stage) mounted() error {
	answer, err := receiveMessage(s.channel)
	if err != nil {
		return fail("become.failed", "the stage ended")
	}
	return failureIn(answer)
}

// become resolves when the stage's channel closes by execve: then it is the program.
func (s *stage) become(message object, files [3]int) error {
	if err := s.send(message, files[:]...); err != nil {
		return fail("agent.no-machine", "the machine has ended: "+err.Error())
	}
	answer, err := receiveMessage(s.channel)
	if err != nil {
		return nil
	}
	return failureIn(answer)
}

func failureIn(answer object) error {
	if given, failed := answer["error"].(object); failed {
		code, _ := given["code"].(string)
		message, _ := given["message"].(string)
		return fail(code, message)
	}
	return nil
}

// inside does something in the machine's namespaces. The thread is spoilt by that, and ends with its goroutine.
func (s *stage) inside(act func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- guarded(func() error {
			// A thread may change its mount namespace only when it shares root and folder with no other.
			if err := syscall.Unshare(syscall.CLONE_FS); err != nil {
				return err
			}
			if _, _, errno := syscall.RawSyscall(sysSetns, uintptr(s.pidfd), namespaces, 0); errno != 0 {
				return fail("agent.no-machine", "the machine has ended: "+errno.Error())
			}
			return act()
		})
	}()
	return <-done
}

// playStage is the other side: what the stage's process does.
func playStage() {
	runtime.LockOSThread()
	channel := os.NewFile(stageChannel, stageName)
	syscall.CloseOnExec(stageChannel)
	syscall.CloseOnExec(stageSelf)
	for {
		message, files, err := receiveWithFiles(channel)
		if err != nil {
			return // the agent let go of us
		}
		err = guarded(func() error { return perform(message, files, channel) })
		answer := object{}
		if err != nil {
			answer["error"] = describe(err)
		}
		if sendMessage(channel, answer) != nil {
			return
		}
	}
}

// perform returns after become, and after a start that failed.
func perform(message object, files []int, channel *os.File) error {
	if len(files) == 0 {
		b, err := readBecome(message)
		if err != nil {
			return err
		}
		return enterRoot(b)
	}
	defer closeAll(files)
	e, err := readExec(message)
	if err != nil {
		return err
	}
	p, err := resolve(e)
	if err != nil {
		return err
	}
	given := stdio{theirs: [3]int(files)}
	given.give(p.who, e)
	if e.init {
		return p.startUnderUs(e, message, given.theirs, func() { channel.Close() })
	}
	return p.replaceUs(given.theirs, e.tty)
}
