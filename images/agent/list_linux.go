package main

import (
	"io"
	"os"
	"slices"
	"syscall"
	"unicode/utf8"
)

const (
	listPage    = 24 << 10 // of JSON; one more entry fits the frame in any case
	mostInPage  = 512      // more do not fit it
	maxListings = 8        // at once: a file system of the machine's own may never answer, and others ask for other things
)

// What Node holds exactly, and what its times can be (ms): larger figures of odd file systems become these.
const (
	mostBytes = 1<<53 - 1
	farthest  = 8_640_000_000_000_000
)

// list tells what a folder of the machine holds, in pages: the entries behind a name, in the order of their names'
// bytes, and how many there are in all. It looks from inside the machine's root, so that no path and no link leads out.
func (a *agent) list(message object) (result object, err error) {
	f := fields{from: message}
	path, after := f.text("path", 16<<10), fromHex(f.text("after", 16<<10))
	if f.err != nil {
		return nil, f.err
	}
	select {
	case a.listings <- struct{}{}:
		defer func() { <-a.listings }()
	default:
		return nil, fail("agent.busy", "too many folders are listed at once")
	}
	a.life.RLock()
	defer a.life.RUnlock()
	if a.machine.id == "" {
		return nil, fail("agent.no-machine", "this guest is no machine yet")
	}
	err = a.machine.stage.inside(func() error {
		result, err = listFolder(readCopyPath(path).path, string(after))
		return err
	})
	return result, err
}

// listFolder makes the folder the thread's own.
func listFolder(path, after string) (object, error) {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, notListed(path, err)
	}
	folder := os.NewFile(uintptr(fd), path)
	defer folder.Close()
	names, total, more, err := firstNames(folder, after)
	if err = firstOf(err, syscall.Fchdir(fd)); err != nil {
		return nil, notListed(path, err)
	}
	entries, size := []any{}, 0
	for n, name := range names {
		entry, err := lookAt(name)
		if err != nil {
			continue // it was there a moment ago, or is the place of a mount that died
		}
		entries, size = append(entries, entry), size+len(appendJSON(nil, entry))
		if size > listPage {
			names = names[:n+1]
			more = true
			break
		}
	}
	result := object{"entries": entries, "total": total, "next": nil}
	if more {
		result["next"] = toHex(names[len(names)-1])
	}
	return result, nil
}

func notListed(path string, err error) error {
	switch err {
	case syscall.ENOENT:
		return fail("files.not-found", "there is no folder "+path+" in the machine")
	case syscall.ENOTDIR:
		return fail("files.no-folder", path+" is not a folder")
	}
	return fail("files.failed", path+": "+cause(err))
}

// firstNames gives those of a page, in order, tells whether more follow, and counts all: however many a folder holds, few
// are kept.
func firstNames(folder *os.File, after string) (names []string, total int, more bool, err error) {
	for err == nil {
		var found []string
		found, err = folder.Readdirnames(256)
		total += len(found)
		for _, name := range found {
			if name > after && (!more || name < names[mostInPage-1]) {
				names = append(names, name)
			}
		}
		if err != nil || len(names) > 4*mostInPage {
			slices.Sort(names)
			more = more || len(names) > mostInPage
			names = names[:min(len(names), mostInPage)]
		}
	}
	if err == io.EOF {
		err = nil
	}
	return names, total, more, err
}

// lookAt tells of what lies in the thread's folder. What an entry has not is left out, so that a page holds more.
func lookAt(name string) (object, error) {
	var found syscall.Stat_t
	if err := syscall.Lstat(name, &found); err != nil {
		return nil, err
	}
	entry := object{
		"name": name, "kind": kindOf(found), "size": min(max(found.Size, 0), mostBytes),
		"mode": int(found.Mode & 0o7777), "uid": int64(found.Uid), "gid": int64(found.Gid), "modified": modified(found),
	}
	if !utf8.ValidString(name) {
		entry["nameBytes"] = toHex(name)
	}
	if entry["kind"] == "link" {
		target, err := os.Readlink(name)
		if err != nil {
			return nil, err.(*os.PathError).Err
		}
		entry["target"] = target
		if syscall.Stat(name, &found) == nil {
			entry["leadsTo"] = kindOf(found)
		}
	}
	return entry, nil
}

func kindOf(s syscall.Stat_t) string {
	switch s.Mode & syscall.S_IFMT {
	case syscall.S_IFDIR:
		return "folder"
	case syscall.S_IFLNK:
		return "link"
	case syscall.S_IFCHR, syscall.S_IFBLK:
		return "device"
	case syscall.S_IFSOCK:
		return "socket"
	case syscall.S_IFIFO:
		return "fifo"
	}
	return "file"
}

// modified is in ms since 1970.
func modified(s syscall.Stat_t) int64 {
	seconds := min(max(int64(s.Mtim.Sec), -farthest/1000), farthest/1000-1)
	return seconds*1000 + int64(s.Mtim.Nsec)/1_000_000
}
