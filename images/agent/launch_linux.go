package main

import (
	"syscall"
	"unsafe"
)

// fork starts a further program: namespaces and folder are those of the calling thread.
func (p program) fork(files [3]int, tty bool, cgroup int) (int, error) {
	pid, err := syscall.ForkExec(p.path, p.argv, &syscall.ProcAttr{
		Env:   p.env,
		Files: []uintptr{uintptr(files[0]), uintptr(files[1]), uintptr(files[2])},
		Sys: &syscall.SysProcAttr{
			Setsid: true, Setctty: tty,
			Credential:  &syscall.Credential{Uid: p.who.uid, Gid: p.who.gid, Groups: p.who.groups},
			UseCgroupFD: cgroup >= 0, CgroupFD: cgroup,
		},
	})
	if err != nil {
		return 0, execError("exec "+p.path, err)
	}
	return pid, nil
}

// replaceUs is what fork's child does otherwise. Go's own Setuid and Setgroups would tell every thread, but only this
// one is left after execve.
func (p program) replaceUs(files [3]int, tty bool) error {
	for n, fd := range files {
		if err := syscall.Dup3(fd, n, 0); err != nil {
			return err
		}
	}
	if tty {
		if err := ioctl(0, syscall.TIOCSCTTY, 0); err != nil {
			return err
		}
	}
	// Before it is somebody who may not raise them.
	for _, l := range p.limits {
		if err := l.take(); err != nil {
			return err
		}
	}
	if err := p.who.assume(); err != nil {
		return err
	}
	return execError("exec "+p.path, syscall.Exec(p.path, p.argv, p.env))
}

func (who account) assume() error {
	var groups unsafe.Pointer
	if len(who.groups) > 0 {
		groups = unsafe.Pointer(&who.groups[0])
	}
	gid, uid := uintptr(who.gid), uintptr(who.uid)
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SETGROUPS, uintptr(len(who.groups)), uintptr(groups), 0); errno != 0 {
		return errno
	}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESGID, gid, gid, gid); errno != 0 {
		return errno
	}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, uid, uid, uid); errno != 0 {
		return errno
	}
	return nil
}
