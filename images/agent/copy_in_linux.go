package main

import (
	"bufio"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// copyIn takes an archive from stdin and puts its files where docker would: below the path when that is a folder, else
// under its name. With into it must be a folder, for then the archive is not one file or tree but anything.
func copyIn(r *report, from io.Reader, wanted string, into, owners bool) error {
	c := &incoming{
		report: r, owners: owners, space: make([]byte, copyBuffer),
		from: &tarReader{from: bufio.NewReaderSize(from, copyBuffer)},
	}
	entry, err := c.from.next()
	ended := err == io.EOF || err == errNoEnd
	if err != nil && !ended {
		return err
	}
	if placed := c.choosePlace(readCopyPath(wanted), into, entry); placed != nil {
		return placed
	}
	for ; err == nil; entry, err = c.from.next() {
		if err = c.take(entry); err != nil {
			break
		}
	}
	c.leaveFolders(nil)
	if err == errNoEnd {
		r.tell(err)
		return nil
	}
	if err == io.EOF {
		return nil
	}
	return fail(describe(err)["code"].(string), cause(err)+" ("+itoa(c.done)+" files and folders are there)")
}

type incoming struct {
	report *report
	from   *tarReader
	owners bool
	root   int      // the folder below which all is put
	first  []string // what the names begin with, when base takes its place
	base   string
	at     []string // the path of the thread's folder below root
	inside bool     // the thread's folder is that
	open   []openFolder
	done   int64
	space  []byte
}

// openFolder is one whose times and mode are set when the last of its files is there.
type openFolder struct {
	path  []string
	entry tarEntry
}

// choosePlace is docker's table of what the copy of something to a path means.
func (c *incoming) choosePlace(to copyPath, into bool, first tarEntry) error {
	firstFolder := first.kind == tarFolder
	base, found, err := enterParent(to.path)
	exists := err == nil && found.Mode != 0
	switch {
	case err != nil:
		return err
	case exists && isFolder(found):
		err := syscall.Chdir(base)
		if err != nil {
			return fail("copy.failed", to.path+": "+err.Error())
		}
		base = ""
	case exists && (into || to.folder):
		return fail("copy.no-folder", to.path+" is not a folder")
	case exists && firstFolder:
		return fail("copy.no-folder", "a folder cannot be copied onto the file "+to.path)
	case exists && found.Mode&syscall.S_IFMT != syscall.S_IFREG:
		return fail("copy.no-file", to.path+" is neither a file nor a folder")
	case !exists && (into || to.folder && !firstFolder):
		return fail("copy.not-found", "there is no folder "+to.path+" in the machine")
	}
	c.root, err = syscall.Open(".", syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	c.inside = true
	if base != "" {
		c.base, c.first = base, splitName(first.name)
	}
	return err
}

// enterParent makes the folder that a path lies in the thread's own, following links as a person expects, and gives the
// path's last part with what is there: nothing when that is not there yet.
func enterParent(wanted string) (base string, found syscall.Stat_t, err error) {
	const mostLinks = 40 // as in the kernel
	for at, links := wanted, 0; links < mostLinks; links++ {
		folder, last := path.Split(strings.TrimRight(at, "/"))
		if folder != "" {
			if err := syscall.Chdir(folder); err != nil {
				return "", found, notThere(path.Clean(folder), err)
			}
		}
		base = firstText(last, "/")
		err := syscall.Lstat(base, &found)
		if err == syscall.ENOENT {
			return base, syscall.Stat_t{}, nil
		}
		if err != nil {
			return "", found, fail("copy.failed", wanted+": "+err.Error())
		}
		if found.Mode&syscall.S_IFMT != syscall.S_IFLNK {
			return base, found, nil
		}
		if at, err = os.Readlink(base); err != nil {
			return "", found, fail("copy.failed", wanted+": "+cause(err))
		}
	}
	return "", found, fail("copy.failed", wanted+": "+syscall.ELOOP.Error())
}

// splitName gives a name's parts; where it leads out, its `..` is among them.
func splitName(name string) []string {
	parts := strings.Split(name, "/")
	return slices.DeleteFunc(parts, func(part string) bool { return part == "" || part == "." })
}

// take puts one entry in its place. An error ends the copy; what merely cannot be taken is told.
func (c *incoming) take(e tarEntry) error {
	parts := splitName(e.name)
	if c.base != "" {
		if len(parts) < len(c.first) || !slices.Equal(parts[:len(c.first)], c.first) {
			c.report.leftOut(e.name, "lies beside what is copied")
			return nil
		}
		parts = append([]string{c.base}, parts[len(c.first):]...)
	}
	c.leaveFolders(parts)
	if len(parts) == 0 && e.kind == tarFolder {
		return nil // the folder itself, which is there
	}
	why := e.refused
	if why == "" {
		why = refusal(parts, e.kind)
	}
	if why != "" {
		c.report.leftOut(e.name, why)
		return nil
	}
	err := c.enter(parts[:len(parts)-1])
	if err == nil {
		err = c.put(parts, e)
	}
	switch {
	case err == nil:
		c.done++
	case isFatal(err):
		return failed(e.name, err)
	default:
		c.report.leftOut(e.name, "cannot be written: "+cause(err))
	}
	return nil
}

func refusal(parts []string, kind byte) string {
	switch {
	case len(parts) == 0:
		return "has no name"
	case slices.Contains(parts, ".."):
		return "leads out of the folder"
	case kind < tarFile || kind > tarFifo:
		return "is of a type that nobody knows"
	}
	return ""
}

// isFatal tells what would befall every further file too.
func isFatal(err error) bool {
	switch err {
	case errTorn, syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, syscall.EROFS, syscall.EMFILE, syscall.ENOMEM:
		return true
	}
	return false
}

func failed(name string, err error) error {
	switch err {
	case errTorn:
		return fail("copy.torn", "the archive is cut off in "+name)
	case syscall.ENOSPC, syscall.EDQUOT:
		return fail("copy.disk-full", "the machine's disk has no room for "+name)
	}
	return fail("copy.failed", name+" cannot be written: "+err.Error())
}

// enter makes a folder below root the thread's own, and makes it if it is missing. No link is followed on the way.
func (c *incoming) enter(parts []string) error {
	if c.inside && slices.Equal(parts, c.at) {
		return nil
	}
	c.inside = false
	if err := syscall.Fchdir(c.root); err != nil {
		return err
	}
	for _, part := range parts {
		err := chdirHere(part)
		if err == syscall.ENOENT {
			err = firstOf(syscall.Mkdir(part, 0o755), chdirHere(part))
		}
		if err != nil {
			return err
		}
	}
	c.at, c.inside = slices.Clone(parts), true
	return nil
}

func chdirHere(name string) error {
	fd, err := syscall.Open(name, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	return syscall.Fchdir(fd)
}

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

func errnoOf(errno syscall.Errno) error {
	if errno != 0 {
		return errno
	}
	return nil
}
