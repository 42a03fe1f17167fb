package main

import (
	"strconv"
	"strings"
	"syscall"
)

// sysctl is a setting of the kernel: the guest's own, so that each may be changed.
type sysctl struct{ name, value string }

// path is what sysctl(8) makes of a name: what divides it first divides it, and the other one is part of a name.
func (s sysctl) path() string {
	name := s.name
	if at := strings.IndexAny(name, "./"); at >= 0 && name[at] == '.' {
		name = strings.NewReplacer(".", "/", "/", ".").Replace(name)
	}
	return "/proc/sys/" + name
}

// write is called inside the machine, for some settings are those of its IPC namespace.
func (s sysctl) write() error {
	fd, err := syscall.Open(s.path(), syscall.O_WRONLY|syscall.O_TRUNC|syscall.O_CLOEXEC, 0)
	if err == nil {
		defer syscall.Close(fd)
		_, err = syscall.Write(fd, []byte(s.value))
	}
	switch err {
	case nil:
		return nil
	case syscall.ENOENT, syscall.ENOTDIR:
		return fail("run.sysctl", "the guest's kernel has no setting "+strconv.Quote(s.name))
	}
	return fail("run.sysctl", "set "+s.name+" to "+strconv.Quote(s.value)+": "+err.Error())
}

// before is how settings are, to be put back when this guest is another machine.
func before(settings []sysctl) (result []sysctl) {
	for _, s := range settings {
		if value := readSmall(s.path()); value != "" {
			result = append(result, sysctl{s.name, value})
		}
	}
	return result
}
