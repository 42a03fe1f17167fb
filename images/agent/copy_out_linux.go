package main

import (
	"bufio"
	"io"
	"os"
	"path"
	"strings"
	"syscall"
)

// copyOut writes a file or a tree to stdout. Its names begin with the path's last part, or with `.` where the path
// says that the folder's contents are meant.
func copyOut(r *report, to io.Writer, wanted string, follow bool) error {
	o := &outgoing{report: r, to: bufio.NewWriterSize(to, copyBuffer), names: map[fileID]string{}, space: make([]byte, copyBuffer)}
	o.learnSystem()
	source := readCopyPath(wanted)
	look, flags := syscall.Lstat, syscall.O_NOFOLLOW
	if follow || source.folder {
		look, flags = syscall.Stat, 0
	}
	var found syscall.Stat_t
	if err := look(source.path, &found); err != nil {
		return notThere(source.path, err)
	}
	if source.folder && !isFolder(found) {
		return fail("copy.no-folder", source.path+" is not a folder")
	}
	if isFolder(found) && o.isMade(found) {
		return fail("copy.no-file", source.path+" holds no files but what the kernel makes up: copy them one by one")
	}
	o.add(source.path, source.name(), found, flags)
	o.write(zeros[:])
	return firstOf(o.lost, o.to.Flush())
}

// copyPath is a path as docker reads it: always from the root, and a slash or `/.` at its end says something.
type copyPath struct {
	path     string
	folder   bool // it must be a folder
	contents bool // what is in it is meant, and not itself
}

func readCopyPath(given string) copyPath {
	clean := path.Clean("/" + given)
	contents := clean == "/" || given == "." || strings.HasSuffix(given, "/.")
	return copyPath{path: clean, contents: contents, folder: contents || strings.HasSuffix(given, "/")}
}

func (p copyPath) name() string {
	if p.contents {
		return "."
	}
	return path.Base(p.path)
}

func notThere(path string, err error) error {
	if err == syscall.ENOENT || err == syscall.ENOTDIR {
		return fail("copy.not-found", "there is no "+path+" in the machine")
	}
	return fail("copy.failed", path+": "+err.Error())
}

const copyBuffer = 64 << 10

type fileID struct{ dev, ino uint64 }

func identify(s syscall.Stat_t) fileID { return fileID{s.Dev, s.Ino} }

func isFolder(s syscall.Stat_t) bool { return s.Mode&syscall.S_IFMT == syscall.S_IFDIR }

type outgoing struct {
	report *report
	to     *bufio.Writer
	names  map[fileID]string // of files with several names, the first
	system []fileID          // folders of the kernel's own, which nobody means who copies what is around them
	made   []uint64          // devices whose files say 0 bytes and have more
	space  []byte
	head   []byte
	lost   error // stdout's: nothing more is of use
}

func (o *outgoing) learnSystem() {
	for _, m := range systemMounts {
		var found syscall.Stat_t
		if syscall.Stat(m.target, &found) != nil {
			continue // the machine has unmounted it
		}
		o.system = append(o.system, identify(found))
		if m.kind == "proc" || m.kind == "sysfs" {
			o.made = append(o.made, found.Dev)
		}
	}
}

func (o *outgoing) isMade(s syscall.Stat_t) bool {
	for _, device := range o.made {
		if s.Dev == device {
			return true
		}
	}
	return false
}

// add writes one entry and all below it. The name is that in the archive, the path leads there from the thread's folder.
func (o *outgoing) add(path, name string, s syscall.Stat_t, flags int) {
	e := tarEntry{
		name: name, mode: s.Mode & 0o7777, uid: s.Uid, gid: s.Gid,
		seconds: int64(s.Mtim.Sec), nanos: int64(s.Mtim.Nsec),
	}
	switch s.Mode & syscall.S_IFMT {
	case syscall.S_IFDIR:
		o.folder(path, e, flags)
		return
	case syscall.S_IFSOCK:
		o.report.leftOut(name, "is a socket")
		return
	}
	if first, known := o.names[identify(s)]; known {
		e.kind, e.target = tarHardLink, first
		o.entry(e)
	} else if o.single(path, e, s, flags) && s.Nlink > 1 {
		o.names[identify(s)] = name
	}
}

// single writes what is no folder, and tells whether it could.
func (o *outgoing) single(path string, e tarEntry, s syscall.Stat_t, flags int) bool {
	switch s.Mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		return o.file(path, e, flags)
	case syscall.S_IFLNK:
		target, err := os.Readlink(path)
		if err != nil {
			o.report.leftOut(e.name, "cannot be read: "+cause(err))
			return false
		}
		e.kind, e.target = tarSymlink, target
	case syscall.S_IFIFO:
		e.kind = tarFifo
	case syscall.S_IFCHR:
		e.kind = tarCharacter
	case syscall.S_IFBLK:
		e.kind = tarBlockDev
	}
	// As glibc's major and minor have it; they are 0 for what is no device.
	e.major, e.minor = uint32(s.Rdev>>8&0xfff|s.Rdev>>32&^0xfff), uint32(s.Rdev&0xff|s.Rdev>>12&^0xff)
	o.entry(e)
	return true
}

func (o *outgoing) folder(path string, e tarEntry, flags int) {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC|flags, 0)
	if err != nil {
		o.report.leftOut(e.name, "cannot be opened: "+err.Error())
		return
	}
	folder := os.NewFile(uintptr(fd), e.name)
	defer folder.Close()
	prefix := strings.TrimSuffix(e.name, "/") + "/"
	e.kind, e.name = tarFolder, prefix
	o.entry(e)
	for o.lost == nil {
		names, err := folder.Readdirnames(256)
		for _, name := range names {
			o.child(fd, name, prefix+name)
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			o.report.leftOut(prefix, "cannot be listed to its end: "+cause(err))
			return
		}
	}
}

func (o *outgoing) child(folder int, base, name string) {
	var found syscall.Stat_t
	err := firstOf(o.lost, syscall.Fchdir(folder), syscall.Lstat(base, &found))
	switch {
	case err == syscall.ENOENT: // it was there a moment ago
	case err != nil:
		o.report.leftOut(name, "cannot be looked at: "+err.Error())
	case isFolder(found) && o.isSystem(found):
		o.entry(tarEntry{name: name + "/", kind: tarFolder, mode: found.Mode & 0o7777, seconds: int64(found.Mtim.Sec)})
	default:
		o.add(base, name, found, syscall.O_NOFOLLOW)
	}
}

func (o *outgoing) isSystem(s syscall.Stat_t) bool {
	for _, id := range o.system {
		if identify(s) == id {
			return true
		}
	}
	return false
}

// file writes as many bytes as it had when it was opened, whatever happens to it meanwhile.
func (o *outgoing) file(path string, e tarEntry, flags int) bool {
	// It may have become a FIFO since we looked: that must not stop us.
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC|flags, 0)
	if err != nil {
		o.report.leftOut(e.name, "cannot be opened: "+err.Error())
		return false
	}
	defer syscall.Close(fd)
	var found syscall.Stat_t
	if err := syscall.Fstat(fd, &found); err != nil || found.Mode&syscall.S_IFMT != syscall.S_IFREG {
		o.report.leftOut(e.name, "has just become something else")
		return false
	}
	e.kind, e.size = tarFile, found.Size
	if o.isMade(found) {
		return o.madeUp(fd, e)
	}
	o.entry(e)
	left := e.size
	for left > 0 && o.lost == nil {
		n, err := readSome(fd, o.space[:min(int64(len(o.space)), left)])
		if n == 0 {
			why := "has become shorter"
			if err != nil {
				why = "cannot be read: " + err.Error()
			}
			o.report.leftOut(e.name, why+": its last "+itoa(left)+" bytes are zeros")
			clear(o.space)
			n = int(min(int64(len(o.space)), left))
		}
		o.write(o.space[:n])
		left -= int64(n)
	}
	o.write(zeros[:tarPadding(e.size)])
	return true
}

// madeUp reads a file of the kernel's, whose size shows at its end.
func (o *outgoing) madeUp(fd int, e tarEntry) bool {
	const most = 8 << 20
	var text []byte
	for n, err := readSome(fd, o.space); n > 0 || err != nil; n, err = readSome(fd, o.space) {
		if len(text)+n > most {
			err = fail("copy.failed", "it has no end")
		}
		if err != nil {
			o.report.leftOut(e.name, "cannot be read: "+err.Error())
			return false
		}
		text = append(text, o.space[:n]...)
	}
	e.size = int64(len(text))
	o.entry(e)
	o.write(text)
	o.write(zeros[:tarPadding(e.size)])
	return true
}

// readSome gives 0 at the end and with an error.
func readSome(fd int, space []byte) (int, error) {
	for {
		n, err := syscall.Read(fd, space)
		if err != syscall.EINTR {
			return max(0, n), err
		}
	}
}

func (o *outgoing) entry(e tarEntry) {
	o.head = appendEntry(o.head[:0], e)
	o.write(o.head)
}

func (o *outgoing) write(bytes []byte) {
	if o.lost == nil {
		_, o.lost = o.to.Write(bytes)
	}
}

// cause is what the kernel said, without the path that Go puts before it.
func cause(err error) string {
	if detailed, isPath := err.(*os.PathError); isPath {
		return detailed.Err.Error()
	}
	return err.Error()
}
