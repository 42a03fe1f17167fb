package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// listAll asks for pages until there is none, as the host does.
func listAll(t *testing.T, folder string) (entries []object, pages int) {
	t.Helper()
	for after := ""; ; pages++ {
		page, err := listFolder(folder, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range page["entries"].([]any) {
			entries = append(entries, entry.(object))
		}
		if size := len(appendJSON(nil, page)); size > maxPayload {
			t.Fatalf("a page of %d bytes fits no frame", size)
		}
		if page["next"] == nil {
			return entries, pages + 1
		}
		after = string(fromHex(page["next"].(string)))
	}
}

func TestAFolderIsListedWhateverIsInIt(t *testing.T) {
	folder := inFolder(t)
	os.Mkdir(folder+"/b", 0o750)
	os.WriteFile(folder+"/a", []byte("12345"), 0o640)
	os.Symlink("b", folder+"/to-b")
	os.Symlink("/nowhere", folder+"/to-nothing")
	syscall.Mkfifo(folder+"/pipe", 0o600)
	syscall.Mknod(folder+"/null", syscall.S_IFCHR|0o666, 1<<8|3)
	syscall.Mknod(folder+"/heard", syscall.S_IFSOCK|0o755, 0)
	os.WriteFile(folder+"/z\xff\n", nil, 0o4755)
	os.Chmod(folder+"/z\xff\n", 0o755|os.ModeSetuid)
	os.Chown(folder+"/a", 7, 8)
	long := int64(-1_500_000_000)
	syscall.UtimesNano(folder+"/a", []syscall.Timespec{{Sec: long}, {Sec: long, Nsec: 999_000_000}})
	entries, _ := listAll(t, folder)
	var told []string
	for _, e := range entries {
		target, _ := e["target"].(string)
		leadsTo, _ := e["leadsTo"].(string)
		told = append(told, e["name"].(string)+" "+e["kind"].(string)+" "+strconv.FormatInt(int64(e["mode"].(int)), 8)+" "+target+" "+leadsTo)
	}
	expected := []string{
		"a file 640  ", "b folder 750  ", "heard socket 755  ", "null device 666  ", "pipe fifo 600  ",
		"to-b link 777 b folder", "to-nothing link 777 /nowhere ", "z\xff\n file 4755  ",
	}
	if strings.Join(told, "|") != strings.Join(expected, "|") {
		t.Errorf("got %q", told)
	}
	a, z := entries[0], entries[len(entries)-1]
	if a["size"] != int64(5) || a["uid"] != int64(7) || a["gid"] != int64(8) || a["modified"] != int64(-1_499_999_999_001) {
		t.Errorf("a is %v", a)
	}
	if a["nameBytes"] != nil || z["nameBytes"] != "7aff0a" {
		t.Errorf("%v and %v", a["nameBytes"], z["nameBytes"])
	}
}

func TestPagesHoldEveryNameOnceHoweverLongTheyAre(t *testing.T) {
	folder := inFolder(t)
	for n := range 3000 {
		os.Symlink(strings.Repeat("\x01", n%4000+1), folder+"/"+strconv.Itoa(n)+strings.Repeat("\x02", n%250))
	}
	entries, pages := listAll(t, folder)
	if len(entries) != 3000 || pages < 100 {
		t.Fatalf("%d entries in %d pages", len(entries), pages)
	}
	for n := range entries[1:] {
		if entries[n]["name"].(string) >= entries[n+1]["name"].(string) {
			t.Fatalf("%q before %q", entries[n]["name"], entries[n+1]["name"])
		}
	}
}

func TestWhatIsNoFolderIsRefusedByItsCode(t *testing.T) {
	folder := inFolder(t)
	os.WriteFile(folder+"/file", nil, 0o644)
	syscall.Mkfifo(folder+"/pipe", 0o600)
	os.Symlink("around", folder+"/around")
	for name, code := range map[string]string{
		"none": "files.not-found", "none/x": "files.not-found", "file": "files.no-folder", "file/x": "files.no-folder",
		"pipe": "files.no-folder", "around": "files.failed", strings.Repeat("x", 300): "files.failed",
	} {
		if _, err := listFolder(folder+"/"+name, ""); codeOf(err) != code {
			t.Errorf("%s gives %v", name, err)
		}
	}
}
