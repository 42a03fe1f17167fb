package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// inFolder runs a test of copies, which change the folder of the process and give files to root.
func inFolder(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	before, _ := os.Getwd()
	mask := syscall.Umask(0)
	t.Cleanup(func() { os.Chdir(before); syscall.Umask(mask) })
	return t.TempDir()
}

func archiveOf(entries ...tarEntry) []byte {
	var archive []byte
	for _, e := range entries {
		archive = append(appendEntry(archive, e), bytes.Repeat([]byte("x"), int(e.size))...)
		archive = append(archive, zeros[:tarPadding(e.size)]...)
	}
	return append(archive, zeros[:]...)
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return describe(err)["code"].(string)
}

func TestDockersTableOfWhatACopyMeans(t *testing.T) {
	file := []tarEntry{{name: "src", kind: tarFile, size: 1, mode: 0o644}}
	tree := []tarEntry{{name: "src/", kind: tarFolder, mode: 0o755}, {name: "src/f", kind: tarFile, size: 1}}
	contents := []tarEntry{{name: "./", kind: tarFolder, mode: 0o755}, {name: "./f", kind: tarFile, size: 1}}
	for _, c := range []struct {
		entries []tarEntry
		to      string
		there   string // what is a file afterwards, or the code of the refusal
	}{
		{file, "new", "new"},
		{file, "new/", "copy.not-found"},
		{file, "none/new", "copy.not-found"},
		{file, "file", "file"},
		{file, "file/", "copy.no-folder"},
		{file, "folder", "folder/src"},
		{file, "folder/", "folder/src"},
		{file, "to-folder", "folder/src"},
		{file, "to-file", "file"},
		{file, "to-nothing", "nothing"},
		{file, "fifo", "copy.no-file"},
		{tree, "new", "new/f"},
		{tree, "new/", "new/f"},
		{tree, "none/new", "copy.not-found"},
		{tree, "file", "copy.no-folder"},
		{tree, "folder", "folder/src/f"},
		{tree, "folder/.", "folder/src/f"},
		{tree, "to-folder", "folder/src/f"},
		{contents, "new", "new/f"},
		{contents, "folder", "folder/f"},
		{contents, "file", "copy.no-folder"},
	} {
		top := inFolder(t)
		os.Mkdir(top+"/folder", 0o755)
		os.WriteFile(top+"/file", []byte("before"), 0o600)
		os.Symlink("folder", top+"/to-folder")
		os.Symlink("folder/../file", top+"/to-file")
		os.Symlink("nothing", top+"/to-nothing")
		syscall.Mkfifo(top+"/fifo", 0o600)
		r := &report{to: os.Stderr}
		err := copyIn(r, bytes.NewReader(archiveOf(c.entries...)), top+"/"+c.to, false, false)
		if err != nil || r.told {
			if codeOf(err) != c.there {
				t.Errorf("%s to %s: %v", c.entries[0].name, c.to, err)
			}
			continue
		}
		if text, err := os.ReadFile(top + "/" + c.there); err != nil || string(text) != "x" {
			t.Errorf("%s to %s: %q, %v", c.entries[0].name, c.to, text, err)
		}
	}
}

func TestAFolderThatMustBeThere(t *testing.T) {
	top := inFolder(t)
	for _, to := range []string{"none", "none/"} {
		err := copyIn(&report{to: os.Stderr}, bytes.NewReader(zeros[:]), top+"/"+to, true, false)
		if codeOf(err) != "copy.not-found" {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// The second name of a file and its first are one file, so that a rename would leave the temporary name.
func TestACopyOntoItselfLeavesNothingBehind(t *testing.T) {
	top := inFolder(t)
	archive := archiveOf(
		tarEntry{name: "a", kind: tarFile, size: 1}, tarEntry{name: "b", kind: tarHardLink, target: "a"},
		tarEntry{name: "b", kind: tarHardLink, target: "a"}, tarEntry{name: "l", kind: tarSymlink, target: "a"},
		tarEntry{name: "l", kind: tarSymlink, target: "b"})
	r := &report{to: os.Stderr}
	if err := copyIn(r, bytes.NewReader(archive), top, true, false); err != nil || r.told {
		t.Fatal(err)
	}
	names, _ := filepath.Glob(top + "/.*")
	if len(names) != 0 {
		t.Errorf("there is %v", names)
	}
}

func TestNoArchiveReachesOutOfItsFolder(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	parts := []string{"a", "b", "c", "..", ".", "", "out"}
	for round := range 300 {
		top := inFolder(t)
		os.MkdirAll(top+"/box", 0o755)
		os.MkdirAll(top+"/out/a", 0o755)
		os.WriteFile(top+"/out/b", []byte("mine"), 0o600)
		targets := []string{"..", "../out", top + "/out", top + "/out/b", "a", "a/..", "/", "../../box"}
		path := func() string {
			var name []string
			for range 1 + random.IntN(4) {
				name = append(name, parts[random.IntN(len(parts))])
			}
			return strings.Join(name, "/")
		}
		var entries []tarEntry
		for range 20 {
			e := tarEntry{name: path(), kind: "0012255"[random.IntN(7)], mode: 0o755}
			switch {
			case e.kind == tarFile && !strings.HasSuffix(e.name, "/"): // that would be a folder
				e.size = 1
			case e.kind == tarHardLink:
				e.target = path()
			case e.kind == tarSymlink:
				e.target = targets[random.IntN(len(targets))]
			}
			entries = append(entries, e)
		}
		var said bytes.Buffer
		err := copyIn(&report{to: &said}, bytes.NewReader(archiveOf(entries...)), top+"/box", true, false)
		if err != nil && codeOf(err) != "copy.failed" {
			t.Fatalf("round %d: %v", round, err)
		}
		outside, _ := filepath.Glob(top + "/*")
		within, _ := filepath.Glob(top + "/out/*")
		text, _ := os.ReadFile(top + "/out/b")
		var found syscall.Stat_t
		syscall.Stat(top+"/out/b", &found)
		if len(outside) != 2 || len(within) != 2 || string(text) != "mine" || found.Nlink != 1 || found.Mode&0o777 != 0o600 {
			t.Fatalf("round %d: %v %v %q", round, outside, within, text)
		}
	}
}

func TestWhatIsCopiedOutCanBeCopiedIn(t *testing.T) {
	top := inFolder(t)
	os.MkdirAll(top+"/src/d/empty", 0o755)
	os.WriteFile(top+"/src/d/f", bytes.Repeat([]byte("text"), 50_000), 0o640)
	os.Link(top+"/src/d/f", top+"/src/g")
	os.Symlink("d/f", top+"/src/l")
	os.WriteFile(top+"/src/\xff\xfe", nil, 0o600)
	syscall.Mkfifo(top+"/src/fifo", 0o622)
	syscall.Mknod(top+"/src/null", syscall.S_IFCHR|0o666, 1<<8|3)
	os.Chown(top+"/src/d/f", 12, 34)
	syscall.Chmod(top+"/src/d/f", 0o4755)
	os.Mkdir(top+"/dst", 0o755)
	var first, second bytes.Buffer
	r := &report{to: os.Stderr}
	err := firstOf(
		copyOut(r, &first, top+"/src", false), copyIn(r, bytes.NewReader(first.Bytes()), top+"/dst", false, true),
		copyOut(r, &second, top+"/dst/src", false))
	if err != nil || r.told {
		t.Fatal(err)
	}
	before, _, _ := readAll(first.Bytes())
	after, _, _ := readAll(second.Bytes())
	byName := map[string]tarEntry{}
	for _, e := range before {
		byName[e.name] = e
	}
	if len(before) != 9 || len(after) != 9 {
		t.Fatalf("%d entries became %d", len(before), len(after))
	}
	for _, e := range after {
		// Which name of a file comes first is the folder's affair.
		if other := byName[e.name]; e != other && e.kind != tarHardLink && other.kind != tarHardLink {
			t.Errorf("%+v became %+v", other, e)
		}
	}
}

func TestWhatThePathSays(t *testing.T) {
	for given, expected := range map[string]copyPath{
		"/a/b":    {path: "/a/b"},
		"a//b/":   {path: "/a/b", folder: true},
		"/a/.":    {path: "/a", folder: true, contents: true},
		"/a/../b": {path: "/b"},
		"/":       {path: "/", folder: true, contents: true},
		".":       {path: "/", folder: true, contents: true},
		"/../..":  {path: "/", folder: true, contents: true},
	} {
		if found := readCopyPath(given); found != expected {
			t.Errorf("%q is %+v", given, found)
		}
	}
}
