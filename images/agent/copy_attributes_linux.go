package main

import (
	"slices"
	"syscall"
	"unsafe"
)

// openFolder is one whose times and mode are set when the last of its files is there.
type openFolder struct {
	path  []string
	entry tarEntry
}

// leaveFolders finishes those that the next entry does not lie in.
func (c *incoming) leaveFolders(next []string) {
	for len(c.open) > 0 {
		last := c.open[len(c.open)-1]
		if next != nil && len(next) > len(last.path) && slices.Equal(next[:len(last.path)], last.path) {
			return
		}
		c.open = c.open[:len(c.open)-1]
		if err := c.finishFolder(last); err != nil {
			c.report.leftOut(last.entry.name, "keeps another mode or time: "+err.Error())
		}
	}
}

func (c *incoming) finishFolder(f openFolder) error {
	if err := c.enter(f.path); err != nil {
		return err
	}
	fd, err := syscall.Open(".", syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	return c.finish(fd, f.entry)
}

func (c *incoming) owner(e tarEntry) (uid, gid int) {
	if c.owners {
		return int(e.uid), int(e.gid)
	}
	return 0, 0
}

func (c *incoming) finish(fd int, e tarEntry) error {
	uid, gid := c.owner(e)
	return firstOf(syscall.Fchown(fd, uid, gid), syscall.Fchmod(fd, e.mode), setTimes(fd, "", e))
}

const (
	atCwd      = -100  // AT_FDCWD
	atNoFollow = 0x100 // AT_SYMLINK_NOFOLLOW
)

// setTimes of an open file, or with a name of what bears it, links included.
func setTimes(fd int, name string, e tarEntry) error {
	time := syscall.Timespec{Sec: e.seconds, Nsec: e.nanos}
	times := [2]syscall.Timespec{time, time}
	var place unsafe.Pointer
	flags := 0
	if name != "" {
		text, err := syscall.BytePtrFromString(name)
		if err != nil {
			return err
		}
		place, flags = unsafe.Pointer(text), atNoFollow
	}
	_, _, errno := syscall.Syscall6(
		syscall.SYS_UTIMENSAT, uintptr(fd), uintptr(place), uintptr(unsafe.Pointer(&times)), uintptr(flags), 0, 0)
	return errnoOf(errno)
}

func errnoOf(errno syscall.Errno) error {
	if errno != 0 {
		return errno
	}
	return nil
}
