package main

import (
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

// Numbers that Go's syscall package does not name; the same on amd64 and arm64 but for setns (setns_linux_*.go).
const (
	tiocgptpeer    = 0x5441     // asm-generic/ioctls.h
	rndAddEntropy  = 0x40085203 // linux/random.h
	rndReseedCRNG  = 0x5207
	klogReadAll    = 3 // syslog(2)
	klogBufferSize = 10
)

func setClock(seconds, nanos int64) error {
	now := syscall.Timespec{Sec: seconds, Nsec: nanos}
	const realtime = 0
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_SETTIME, realtime, uintptr(unsafe.Pointer(&now)), 0); errno != 0 {
		return fail("become.failed", "set the clock: "+errno.Error())
	}
	return nil
}

// stirEntropy makes this guest's random numbers its own: clones of one template start with the same.
func stirEntropy(entropy []byte) error {
	pool := append32(nil, uint32(8*len(entropy)))
	pool = append(append32(pool, uint32(len(entropy))), entropy...)
	fd, err := syscall.Open("/dev/urandom", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	err = firstOf(ioctl(fd, rndAddEntropy, uintptr(unsafe.Pointer(&pool[0]))), ioctl(fd, rndReseedCRNG, 0))
	if err != nil {
		return fail("become.failed", "add entropy: "+err.Error())
	}
	return nil
}

func setHostname(name string) error {
	if err := syscall.Sethostname([]byte(name)); err != nil {
		return fail("become.failed", "set the hostname: "+err.Error())
	}
	return nil
}

const cgroupFolder = "/run/machine"

// limitCPU puts a process, and all that will come of it, under a share of CPU time; the folder it returns is the
// group. It is mounted on first need, for most machines have no limit.
func limitCPU(millis int64, pid int) (int, error) {
	const periodMicros = 100_000
	steps := []func() error{
		func() error {
			err := syscall.Mount("cgroup2", "/run", "cgroup2", quiet, "")
			if err == syscall.EBUSY {
				return nil // an earlier machine of this guest mounted it
			}
			return err
		},
		func() error { return os.WriteFile("/run/cgroup.subtree_control", []byte("+cpu"), 0) },
		func() error { return os.Mkdir(cgroupFolder, 0o755) },
		func() error {
			limit := itoa(millis*periodMicros/1000) + " " + itoa(periodMicros)
			return os.WriteFile(cgroupFolder+"/cpu.max", []byte(limit), 0)
		},
		func() error { return os.WriteFile(cgroupFolder+"/cgroup.procs", []byte(strconv.Itoa(pid)), 0) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return -1, fail("become.failed", "limit the CPU: "+err.Error())
		}
	}
	return syscall.Open(cgroupFolder, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
}

func unlimit(cgroup int) error {
	if cgroup < 0 {
		return nil
	}
	syscall.Close(cgroup)
	return syscall.Rmdir(cgroupFolder)
}

// awaitFree waits until nothing is mounted from the disks: then the host may put others in their place. The last
// program's end frees them, but a thread that was inside may end a moment later.
func awaitFree(devices []string) error {
	for _, device := range devices {
		deadline := time.Now().Add(10 * time.Second)
		for {
			fd, err := syscall.Open(device, syscall.O_RDONLY|syscall.O_EXCL|syscall.O_CLOEXEC, 0)
			if err == nil {
				syscall.Close(fd)
				break
			}
			if err != syscall.EBUSY {
				break // there is no such disk: then become failed for that reason
			}
			if time.Now().After(deadline) {
				return fail("agent.stuck", device+" stays in use")
			}
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

func stats() (object, error) {
	var s syscall.Sysinfo_t
	if err := syscall.Sysinfo(&s); err != nil {
		return nil, err
	}
	processes, err := countProcesses()
	if err != nil {
		return nil, err
	}
	unit := uint64(s.Unit)
	const loadShift = 16
	return object{
		"memory": object{
			"total": s.Totalram * unit, "free": s.Freeram * unit, "shared": s.Sharedram * unit, "buffers": s.Bufferram * unit},
		"loadMillis": []any{s.Loads[0] * 1000 >> loadShift, s.Loads[1] * 1000 >> loadShift, s.Loads[2] * 1000 >> loadShift},
		"processes":  processes, "uptimeSeconds": s.Uptime,
	}, nil
}

// kernelLog is the beginning of what the kernel has said.
func kernelLog() (object, error) {
	const limit = 48 << 10 // with escapes it still fits a frame
	size, err := syscall.Klogctl(klogBufferSize, nil)
	if err != nil {
		return nil, err
	}
	text := make([]byte, size)
	n, err := syscall.Klogctl(klogReadAll, text)
	if err != nil {
		return nil, err
	}
	return object{"text": string(text[:min(n, limit)])}, nil
}

func syncDisks() { syscall.Sync() }

// restart is how a machine without ACPI ends: QEMU's -no-reboot makes it an exit.
func restart() {
	if err := syscall.Reboot(syscall.LINUX_REBOOT_CMD_RESTART); err != nil {
		complain("restart: " + err.Error())
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
