package main

import (
	"bufio"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
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
