package main

import (
	"strconv"
	"syscall"
)

// limit is what a program may take of something, as setrlimit(2) has it.
type limit struct {
	name       string
	soft, hard uint64
}

// resources have docker's names, and asm-generic/resource.h's numbers: the same on amd64 and arm64.
var resources = map[string]int{
	"cpu": 0, "fsize": 1, "data": 2, "stack": 3, "core": 4, "rss": 5, "nproc": 6, "nofile": 7, "memlock": 8, "as": 9,
	"locks": 10, "sigpending": 11, "msgqueue": 12, "nice": 13, "rtprio": 14, "rttime": 15,
}

// take sets it for the calling process. Go puts back what it raised itself, but not what was set.
func (l limit) take() error {
	err := syscall.Setrlimit(resources[l.name], &syscall.Rlimit{Cur: l.soft, Max: l.hard})
	if err != nil {
		wanted := l.name + " to " + limitText(l.soft) + ":" + limitText(l.hard)
		reason := err.Error()
		if l.name == "nofile" && err == syscall.EPERM {
			reason += "; it is above fs.nr_open, which --sysctl raises"
		}
		return fail("exec.limit", "set the limit "+wanted+": "+reason)
	}
	return nil
}

func limitText(n uint64) string {
	if n == unlimited {
		return "unlimited"
	}
	return strconv.FormatUint(n, 10)
}

const unlimited = 1<<64 - 1

// launchLimited starts a further program with limits. Between fork and execve there is no place for them, so it is this
// binary once more, which sets them and becomes the program, as the stage does for the machine's own.
func (a *agent) launchLimited(e execSpec, message object) (files stdio, pid int, err error) {
	self, err := syscall.Open("/init", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return files, 0, err
	}
	defer syscall.Close(self)
	cgroup := a.machine.cgroup
	var helper *stage
	err = a.machine.stage.inside(func() error {
		if files, err = e.openFiles(); err != nil {
			return err
		}
		attributes := syscall.SysProcAttr{Setsid: true, UseCgroupFD: cgroup >= 0, CgroupFD: cgroup}
		helper, err = forkStage("/proc/self/fd/"+strconv.Itoa(stageSelf), &attributes, uintptr(self))
		return err
	})
	if err != nil {
		return files, 0, err
	}
	defer helper.close()
	if err := helper.become(message, files.theirs); err != nil {
		a.disown(helper.pid)
		return files, 0, err
	}
	return files, helper.pid, nil
}
