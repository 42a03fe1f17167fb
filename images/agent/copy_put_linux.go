package main

import (
	"io"
	"os"
	"slices"
	"strconv"
	"syscall"
	"unsafe"
)

var temporary = ".mvm-copy-" + strconv.Itoa(os.Getpid())

// put makes the entry in the thread's folder: under a temporary name first, so that what has its own name is whole.
func (c *incoming) put(parts []string, e tarEntry) error {
	base := parts[len(parts)-1]
	var there syscall.Stat_t
	exists := syscall.Lstat(base, &there) == nil
	if exists && isFolder(there) != (e.kind == tarFolder) {
		if e.kind == tarFolder {
			return syscall.ENOTDIR
		}
		return syscall.EISDIR
	}
	if e.kind == tarFolder {
		if !exists {
			if err := syscall.Mkdir(base, 0o700); err != nil {
				return err
			}
		}
		c.open = append(c.open, openFolder{slices.Clone(parts), e})
		return nil
	}
	err := c.make(e)
	if err == syscall.EEXIST { // of a copy that was killed
		err = firstOf(syscall.Unlink(temporary), c.make(e))
	}
	if err == nil {
		err = syscall.Rename(temporary, base)
	}
	// Where both are names of one file already, rename leaves them (rename(2)).
	if err != nil || e.kind == tarHardLink {
		_ = syscall.Unlink(temporary)
	}
	return err
}

func (c *incoming) make(e tarEntry) error {
	switch e.kind {
	case tarFile:
		return c.makeFile(e)
	case tarHardLink:
		return c.makeLink(e)
	case tarSymlink:
		if err := syscall.Symlink(e.target, temporary); err != nil {
			return err
		}
		uid, gid := c.owner(e)
		return firstOf(syscall.Lchown(temporary, uid, gid), setTimes(atCwd, temporary, e))
	}
	kinds := map[byte]uint32{tarFifo: syscall.S_IFIFO, tarCharacter: syscall.S_IFCHR, tarBlockDev: syscall.S_IFBLK}
	device := int(e.minor&0xff | e.major<<8&0xfff00 | e.minor&^0xff<<12)
	if err := syscall.Mknod(temporary, kinds[e.kind], device); err != nil {
		return err
	}
	uid, gid := c.owner(e)
	// The mode comes after the owner, for a change of that takes the set-id bits away.
	return firstOf(
		syscall.Lchown(temporary, uid, gid), syscall.Chmod(temporary, e.mode), setTimes(atCwd, temporary, e))
}

func (c *incoming) makeFile(e tarEntry) error {
	const flags = syscall.O_WRONLY | syscall.O_CREAT | syscall.O_EXCL | syscall.O_NOFOLLOW | syscall.O_CLOEXEC
	fd, err := syscall.Open(temporary, flags, 0o600)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	for {
		n, err := c.from.Read(c.space)
		if err == io.EOF {
			return c.finish(fd, e)
		}
		if err != nil {
			return err
		}
		for bytes := c.space[:n]; len(bytes) > 0; {
			written, err := syscall.Write(fd, bytes)
			if err != nil && err != syscall.EINTR {
				return err
			}
			bytes = bytes[max(0, written):]
		}
	}
}

// makeLink gives a file of this copy, or one that was there, a further name. Its attributes stay.
func (c *incoming) makeLink(e tarEntry) error {
	target := splitName(e.target)
	if c.base != "" && len(target) >= len(c.first) && slices.Equal(target[:len(c.first)], c.first) {
		target = append([]string{c.base}, target[len(c.first):]...)
	}
	if refused := refusal(target, tarFile); refused != "" {
		return fail("copy.left-out", "the file that it is a link to "+refused)
	}
	here, err := syscall.Open(".", syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(here)
	at := c.at
	if err := c.enter(target[:len(target)-1]); err != nil {
		return firstOf(c.enter(at), err)
	}
	err = linkAt(target[len(target)-1], here, temporary)
	return firstOf(c.enter(at), err)
}

// linkAt links a file of the thread's folder; a link itself gets the name, and not what it leads to.
func linkAt(old string, folder int, name string) error {
	from, err := syscall.BytePtrFromString(old)
	if err != nil {
		return err
	}
	to, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	cwd := atCwd
	_, _, errno := syscall.Syscall6(syscall.SYS_LINKAT, uintptr(cwd), uintptr(unsafe.Pointer(from)),
		uintptr(folder), uintptr(unsafe.Pointer(to)), 0, 0)
	return errnoOf(errno)
}
