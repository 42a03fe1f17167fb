// The agent is PID 1 of a guest: it speaks with the service over one port, makes a machine of the guest, and runs the
// machine's programs.
package main

import (
	"os"
	"runtime"
	"strings"
	"syscall"
)

// The first thread stays main's: one that a goroutine spoils (stage.inside) ends with it, but Go cannot end the first.
func init() { runtime.LockOSThread() }

func main() {
	if os.Args[0] == stageName {
		playStage()
		return
	}
	if isBuiltin(os.Args[0]) {
		os.Exit(playBuiltin(os.Args))
	}
	// The machine is of no use to anybody without us: it ends, and the console says why.
	complain(run().Error())
	restart()
}

func run() error {
	if err := prepareSystem(); err != nil {
		return err
	}
	port, err := openPort()
	if err != nil {
		return err
	}
	bootID := strings.TrimSpace(readSmall("/proc/sys/kernel/random/boot_id"))
	return newAgent(port, bootID).serve()
}

func prepareSystem() error {
	for _, m := range []mount{
		{"dev", "/dev", "devtmpfs", 0, ""},
		{"sys", "/sys", "sysfs", 0, ""},
		{"proc", "/proc", "proc", 0, ""},
	} {
		if err := m.mount(); err != nil {
			return err
		}
	}
	syscall.Umask(0o022)
	// What docker gives by default. Programs inherit it; Go's own raising of the soft limit ends with this call.
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 1024, Max: 1 << 20})
}

// complain writes to the machine's console.
func complain(text string) { println("mvm agent: " + text) }
