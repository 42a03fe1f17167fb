package main

import (
	"maps"
	"os"
	"os/signal"
	"syscall"
)

// startUnderUs makes an init of the stage: it stays PID 1 beside the machine's own program, for one that does not do
// what PID 1 must. It returns only when that did not start.
func (p program) startUnderUs(e execSpec, message object, files [3]int, began func()) error {
	heard := make(chan os.Signal, 64)
	signal.Notify(heard)
	pid, err := p.startBeside(e, message, files)
	if err != nil {
		signal.Reset()
		return err
	}
	for n, fd := range files {
		// As with every init, /proc/1/fd/1 is where the machine's program writes.
		if err := syscall.Dup3(fd, n, 0); err != nil {
			complain(err.Error())
		}
	}
	closeAll(files[:])
	began()
	go passOn(heard, pid)
	os.Exit(reapUntil(pid))
	return nil
}

// startBeside gives it a session of its own, so that a terminal's signals reach it alone.
func (p program) startBeside(e execSpec, message object, files [3]int) (int, error) {
	if len(e.limits) == 0 {
		return p.fork(files, e.tty, -1)
	}
	without := maps.Clone(message)
	delete(without, "init")
	helper, err := forkStage("/proc/self/exe", &syscall.SysProcAttr{Setsid: true})
	if err != nil {
		return 0, err
	}
	defer helper.close()
	return helper.pid, helper.become(without, files)
}

func passOn(heard <-chan os.Signal, pid int) {
	for s := range heard {
		// Go's runtime sends itself SIGURG.
		if s != syscall.SIGCHLD && s != syscall.SIGURG {
			_ = syscall.Kill(pid, s.(syscall.Signal)) // it may be gone already
		}
	}
}

// reapUntil answers as a shell does, for no signal can end PID 1 from within.
func reapUntil(pid int) int {
	for {
		var status syscall.WaitStatus
		found, err := syscall.Wait4(-1, &status, syscall.WALL, nil)
		if err != nil && err != syscall.EINTR {
			complain("reap: " + err.Error())
			return 255
		}
		if err != nil || found != pid {
			continue
		}
		if status.Signaled() {
			return 128 + int(status.Signal())
		}
		return status.ExitStatus()
	}
}
