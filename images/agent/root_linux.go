package main

import (
	"os"
	"path"
	"strings"
	"syscall"
)

// Folders of the initramfs that images/systems/linux/initramfs.ts makes.
const (
	imageFolder   = "/image"
	scratchFolder = "/scratch"
	rootFolder    = "/root"
)

// enterRoot mounts the machine's root and makes it ours. From then on no path and no link leads out of it, so the
// rest is done inside.
func enterRoot(b becomeSpec) error {
	if err := mountRoot(b); err != nil {
		return err
	}
	if err := switchTo(rootFolder); err != nil {
		return fail("become.failed", "enter the root: "+err.Error())
	}
	for _, m := range systemMounts {
		if m.source == "shm" && b.shmBytes >= 0 {
			m.options += ",size=" + itoa(b.shmBytes)
		}
		if err := m.mount(); err != nil {
			return err
		}
	}
	if err := fillDev(); err != nil {
		return fail("become.failed", "fill /dev: "+err.Error())
	}
	writeNames(b)
	for _, s := range b.sysctls {
		if err := s.write(); err != nil {
			return err
		}
	}
	for _, t := range b.tmpfs {
		if err := t.mount().mount(); err != nil {
			return err
		}
	}
	if b.readOnly {
		return lockRoot()
	}
	return nil
}

// lockRoot leaves what is mounted below as it is: /dev, and what --tmpfs added.
func lockRoot() error {
	const flags = syscall.MS_REMOUNT | syscall.MS_BIND | syscall.MS_RDONLY | syscall.MS_NOATIME
	if err := syscall.Mount("", "/", "", flags, ""); err != nil {
		return fail("become.failed", "make the root read-only: "+err.Error())
	}
	return nil
}

// mount has docker's defaults: nosuid, nodev, noexec, and open to everybody as /tmp is.
func (t tmpfsSpec) mount() mount {
	m := mount{"tmpfs", t.path, "tmpfs", quiet, "mode=1777"}
	for _, option := range t.options {
		if change, isFlag := mountFlags[option]; isFlag {
			m.flags = m.flags&^change.off | change.on
		} else {
			m.options += "," + option
		}
	}
	return m
}

var mountFlags = map[string]struct{ on, off uintptr }{
	"rw": {0, syscall.MS_RDONLY}, "ro": {syscall.MS_RDONLY, 0},
	"exec": {0, syscall.MS_NOEXEC}, "noexec": {syscall.MS_NOEXEC, 0},
	"suid": {0, syscall.MS_NOSUID}, "nosuid": {syscall.MS_NOSUID, 0},
	"dev": {0, syscall.MS_NODEV}, "nodev": {syscall.MS_NODEV, 0},
	"noatime": {syscall.MS_NOATIME, 0},
}

func mountRoot(b becomeSpec) error {
	image := mount{b.image, imageFolder, "erofs", syscall.MS_RDONLY | syscall.MS_NOATIME, ""}
	upper, options := upperMount(b.upper)
	if err := firstOf(image.mount(), upper.mount()); err != nil {
		return err
	}
	if b.upper.device != "" {
		readBitmapsLate(b.upper.device)
	}
	if err := makeUpper(b.upper.keep); err != nil {
		return fail("become.failed", "prepare the writable layer: "+err.Error())
	}
	layers := "lowerdir=" + imageFolder + ",upperdir=" + upperFolder + ",workdir=" + workFolder
	return mount{"overlay", rootFolder, "overlay", syscall.MS_NOATIME, layers + options}.mount()
}

const (
	upperFolder = scratchFolder + "/upper"
	workFolder  = scratchFolder + "/work"
)

// upperMount gives the writable layer, and the overlay's own options for it. What nobody will see again need not
// reach the disk: no barriers, and `volatile` makes fsync free.
func upperMount(u upperSpec) (m mount, overlay string) {
	switch {
	case u.device == "":
		return mount{"tmpfs", scratchFolder, "tmpfs", 0, "mode=755,size=" + itoa(u.tmpfsBytes)}, ",volatile"
	case u.keep:
		return mount{u.device, scratchFolder, "ext4", syscall.MS_NOATIME, "discard,noinit_itable,no_prefetch_block_bitmaps"}, ""
	}
	return mount{u.device, scratchFolder, "ext4", syscall.MS_NOATIME, "discard,noinit_itable,no_prefetch_block_bitmaps,barrier=0"}, ",volatile"
}

// readBitmapsLate keeps ext4 from setting up the bitmaps of all 64 GiB at the first write: 20 M instructions. The disk's
// one flex group makes it (s_mb_prefetch in the kernel's fs/ext4/mballoc.c).
func readBitmapsLate(device string) {
	knob := "/sys/fs/ext4/" + path.Base(device) + "/mb_prefetch"
	if err := os.WriteFile(knob, []byte("1"), 0); err != nil {
		complain("the first write will be slow: " + err.Error())
	}
}

// makeUpper makes the layer's folders; only a kept disk may have them already, for another machine's writes must not
// show. The upper one is the merged root itself, so it gets the owner and mode that the image's root has.
func makeUpper(kept bool) error {
	if err := os.Mkdir(upperFolder, 0o755); kept && os.IsExist(err) {
		return nil
	} else if err != nil {
		return err
	}
	var root syscall.Stat_t
	if err := syscall.Stat(imageFolder, &root); err != nil {
		return err
	}
	return firstOf(
		os.Chown(upperFolder, int(root.Uid), int(root.Gid)),
		syscall.Chmod(upperFolder, root.Mode&0o7777),
		os.Mkdir(workFolder, 0o700),
	)
}

// switchTo covers the initramfs: the first root cannot be pivoted away
// (Documentation/filesystems/ramfs-rootfs-initramfs.rst in the kernel's source).
func switchTo(folder string) error {
	return firstOf(syscall.Chdir(folder), syscall.Mount(".", "/", "", syscall.MS_MOVE, ""), syscall.Chroot("."))
}

type mount struct {
	source, target, kind string
	flags                uintptr
	options              string
}

// mount makes the place when it is missing.
func (m mount) mount() error {
	err := syscall.Mount(m.source, m.target, m.kind, m.flags, m.options)
	if err == syscall.ENOENT && os.MkdirAll(m.target, 0o755) == nil {
		err = syscall.Mount(m.source, m.target, m.kind, m.flags, m.options)
	}
	if err != nil {
		return fail("become.failed", "mount "+m.source+" on "+m.target+": "+err.Error())
	}
	return nil
}

const quiet = syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC

var systemMounts = []mount{
	{"proc", "/proc", "proc", quiet, ""},
	{"sysfs", "/sys", "sysfs", quiet | syscall.MS_RDONLY, ""},
	{"tmpfs", "/dev", "tmpfs", syscall.MS_NOSUID, "mode=755,size=65536k"},
	{"devpts", "/dev/pts", "devpts", syscall.MS_NOSUID | syscall.MS_NOEXEC, "ptmxmode=0666,mode=0620,gid=5"},
	{"shm", "/dev/shm", "tmpfs", quiet, "mode=1777"},
	{"mqueue", "/dev/mqueue", "mqueue", quiet, ""},
}

// fillDev gives programs the devices and links that docker gives them.
func fillDev() error {
	before := syscall.Umask(0)
	defer syscall.Umask(before)
	for _, d := range []struct {
		name         string
		major, minor int
	}{{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}} {
		if err := syscall.Mknod("/dev/"+d.name, syscall.S_IFCHR|0o666, d.major<<8|d.minor); err != nil {
			return err
		}
	}
	for _, link := range [][2]string{
		{"pts/ptmx", "ptmx"}, {"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"},
		{"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"}, {"/proc/kcore", "core"},
	} {
		if err := syscall.Symlink(link[0], "/dev/"+link[1]); err != nil {
			return err
		}
	}
	return nil
}

// writeNames tells the image's programs who they are. An image without /etc, or with something odd in it, runs on.
func writeNames(b becomeSpec) {
	address := "127.0.0.1"
	if b.network != nil {
		address, _, _ = strings.Cut(b.network.address, "/")
		replaceText("/etc/resolv.conf", b.network.resolver())
	}
	replaceText("/etc/hostname", b.hostname+"\n")
	var further string
	for _, h := range b.hosts {
		further += h.address + "\t" + h.name + "\n"
	}
	replaceText("/etc/hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"+
		"ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"+address+"\t"+b.hostname+"\n"+further)
}

// resolver is resolv.conf(5).
func (n *networkSpec) resolver() string {
	var text string
	if len(n.search) > 0 {
		text = "search " + strings.Join(n.search, " ") + "\n"
	}
	for _, server := range n.dns {
		text += "nameserver " + server + "\n"
	}
	if len(n.options) > 0 {
		text += "options " + strings.Join(n.options, " ") + "\n"
	}
	return text
}

func replaceText(path, text string) {
	// A link's target stays where it is, unless there is none; a FIFO must not stop us.
	const flags = syscall.O_WRONLY | syscall.O_CREAT | syscall.O_TRUNC | syscall.O_NONBLOCK | syscall.O_CLOEXEC
	fd, err := syscall.Open(path, flags, 0o644)
	if err == syscall.ENOENT && syscall.Unlink(path) == nil {
		fd, err = syscall.Open(path, flags, 0o644)
	}
	if err == syscall.ENOENT || err == syscall.ENOTDIR {
		return // an image without /etc has no program that would read it
	}
	if err == nil {
		_, err = syscall.Write(fd, []byte(text))
		syscall.Close(fd)
	}
	if err != nil {
		complain("write " + path + ": " + err.Error())
	}
}
