package main

import (
	"io"
	"os"
	"syscall"
)

// A copy to or from the machine is a session like any other: this binary once more, inside the machine's root and pid
// namespace, with a tar archive on its stdin or stdout. So windows, resumption and exits are those of every program,
// nothing of it can leave the machine, and it goes when the machine or the session does.
const (
	copyOutName = "copy-out"
	copyInName  = "copy-in"
	selfFile    = 3 // this binary, for a root that has it not
)

// What a copy's exit code says. Each problem is a line on stderr: JSON with code and message, the last one the worst.
const (
	copiedAll  = 0
	copyFailed = 1 // it broke off
	copiedSome = 2 // the rest is there
)

func isBuiltin(name string) bool { return name == copyOutName || name == copyInName }

// playBuiltin is given what the service asked for: the name, switches, a path.
func playBuiltin(argv []string) int {
	syscall.Close(selfFile)
	syscall.Umask(0)
	given := map[string]bool{}
	for _, name := range argv[1 : len(argv)-1] {
		given[name] = true
	}
	path := argv[len(argv)-1]
	r := &report{to: os.Stderr}
	err := guarded(func() error {
		if argv[0] == copyOutName {
			return copyOut(r, os.Stdout, path, given["follow"])
		}
		return copyIn(r, os.Stdin, path, given["into"], given["owners"])
	})
	if err != nil {
		r.tell(err)
		return copyFailed
	}
	if r.told {
		return copiedSome
	}
	return copiedAll
}

// report tells what could not be copied.
type report struct {
	to   io.Writer
	told bool
}

func (r *report) tell(err error) {
	r.told = true
	// With nobody to hear it there is nothing else to do about it.
	_, _ = r.to.Write(append(appendJSON(nil, describe(err)), '\n'))
}

// leftOut is for one file of many: the rest goes on.
func (r *report) leftOut(name, why string) { r.tell(fail("copy.left-out", name+" "+why)) }

// launchBuiltin starts one of this binary's own programs in the machine. That is handed in as a file, for no path of
// the machine leads to it; what its /proc makes of that is the machine's own affair.
func (a *agent) launchBuiltin(e execSpec) (files stdio, pid int, err error) {
	self, err := syscall.Open("/init", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return files, 0, err
	}
	defer syscall.Close(self)
	cgroup := a.machine.cgroup
	err = a.machine.stage.inside(func() error {
		if files, err = openPipes(e.stdin); err != nil {
			return err
		}
		pid, err = syscall.ForkExec("/proc/self/fd/3", e.argv, &syscall.ProcAttr{
			Dir:   "/",
			Files: []uintptr{uintptr(files.theirs[0]), uintptr(files.theirs[1]), uintptr(files.theirs[2]), uintptr(self)},
			Sys:   &syscall.SysProcAttr{Setsid: true, UseCgroupFD: cgroup >= 0, CgroupFD: cgroup},
		})
		if err != nil {
			return fail("copy.failed", "the machine does not let a copy begin: "+err.Error())
		}
		return nil
	})
	return files, pid, err
}
