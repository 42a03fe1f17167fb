// Tells what the kernel shows of every path from the first argument on, but for those in further arguments: a line of
// JSON each, in the shape of Facts (facts.ts).
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"unsafe"
)

type facts struct {
	Path    string            `json:"path"`
	Kind    string            `json:"kind"`
	Mode    uint32            `json:"mode"`
	Uid     uint32            `json:"uid"`
	Gid     uint32            `json:"gid"`
	Mtime   [2]int64          `json:"mtime"`
	Links   uint64            `json:"links"`
	Inode   string            `json:"inode"`
	Size    int64             `json:"size"`
	Content *content          `json:"content,omitempty"`
	Target  *string           `json:"target,omitempty"`
	Device  string            `json:"device,omitempty"`
	Xattrs  map[string]string `json:"xattrs"`
}

type content struct {
	Size   int64  `json:"size"`
	Sha256 string `json:"sha256"`
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	walk(os.Args[1], json.NewEncoder(out))
	must(out.Flush())
}

func walk(path string, out *json.Encoder) {
	f := factsOf(path)
	must(out.Encode(f))
	if f.Kind != "directory" {
		return
	}
	entries, err := os.ReadDir(path)
	must(err)
	for _, entry := range entries {
		if inner := strings.TrimSuffix(path, "/") + "/" + entry.Name(); !slices.Contains(os.Args[2:], inner) {
			walk(inner, out)
		}
	}
}

var kinds = map[uint32]string{
	syscall.S_IFREG: "file", syscall.S_IFDIR: "directory", syscall.S_IFLNK: "symlink",
	syscall.S_IFCHR: "character", syscall.S_IFBLK: "block", syscall.S_IFIFO: "fifo",
}

func factsOf(path string) facts {
	var s syscall.Stat_t
	must(syscall.Lstat(path, &s))
	f := facts{
		Path: latin1(path), Kind: kinds[s.Mode&syscall.S_IFMT], Mode: s.Mode & 0o7777, Uid: s.Uid, Gid: s.Gid,
		Mtime: [2]int64{s.Mtim.Sec, s.Mtim.Nsec}, Links: uint64(s.Nlink), Inode: fmt.Sprint(s.Dev, ":", s.Ino),
		Size: s.Size, Xattrs: xattrsOf(path),
	}
	switch f.Kind {
	case "file":
		f.Content = contentOf(path)
	case "symlink":
		target, err := os.Readlink(path)
		must(err)
		text := latin1(target)
		f.Target = &text
	case "character", "block":
		// As glibc's gnu_dev_major and gnu_dev_minor.
		major := s.Rdev >> 8 & 0xfff
		minor := s.Rdev&0xff | s.Rdev>>12&^0xff
		f.Device = fmt.Sprint(major, ":", minor)
	}
	return f
}

func contentOf(path string) *content {
	file, err := os.Open(path)
	must(err)
	defer file.Close()
	hash := sha256.New()
	size, err := io.Copy(hash, file)
	must(err)
	return &content{size, hex.EncodeToString(hash.Sum(nil))}
}

func xattrsOf(path string) map[string]string {
	found := map[string]string{}
	for _, name := range strings.Split(string(xattr(syscall.SYS_LLISTXATTR, path, nil)), "\x00") {
		if name == "" {
			continue
		}
		terminated, err := syscall.BytePtrFromString(name)
		must(err)
		found[latin1(name)] = hex.EncodeToString(xattr(syscall.SYS_LGETXATTR, path, terminated))
	}
	return found
}

// xattr makes one of the two calls; without a name it is the one that lists. 65,536 bytes are the most that Linux gives.
func xattr(call uintptr, path string, name *byte) []byte {
	terminated, err := syscall.BytePtrFromString(path)
	must(err)
	space := make([]byte, 65_536)
	at, room := uintptr(unsafe.Pointer(&space[0])), uintptr(len(space))
	var size uintptr
	var errno syscall.Errno
	if name == nil {
		size, _, errno = syscall.Syscall(call, uintptr(unsafe.Pointer(terminated)), at, room)
	} else {
		arguments := [4]uintptr{uintptr(unsafe.Pointer(terminated)), uintptr(unsafe.Pointer(name)), at, room}
		size, _, errno = syscall.Syscall6(call, arguments[0], arguments[1], arguments[2], arguments[3], 0, 0)
	}
	if errno != 0 {
		panic(fmt.Sprintf("attributes of %q: %v", path, errno))
	}
	return space[:size]
}

// latin1 gives each byte a character of its own, for JSON has no bytes.
func latin1(bytes string) string {
	characters := make([]rune, len(bytes))
	for i := 0; i < len(bytes); i++ {
		characters[i] = rune(bytes[i])
	}
	return string(characters)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
