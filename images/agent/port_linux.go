package main

import (
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

const (
	portName = "agent"
	portsOf  = "/sys/class/virtio-ports/"
)

// port is the way to the host. Without a host Linux says end-of-file at every read: it is passed on once, and then the
// reader waits for the next host's first bytes.
type port struct {
	*os.File
	raw  syscall.RawConn
	gone bool
	try  func(fd uintptr) bool // made once: Linux gives 4 KiB a read, and a closure for each would be most of its cost
	into []byte
	n    int
	err  error
}

// openPort waits a little, for the host announces its ports while the kernel is already running us.
func openPort() (*port, error) {
	const patience = 10 * time.Second
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		name, err := findPort()
		if name != "" {
			return newPort("/dev/" + name)
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(errors.New("no virtio port is named "+portName), err)
		}
	}
}

func findPort() (string, error) {
	ports, err := os.ReadDir(portsOf)
	for _, entry := range ports {
		if strings.TrimSpace(readSmall(portsOf+entry.Name()+"/name")) == portName {
			return entry.Name(), nil
		}
	}
	return "", err
}

func newPort(path string) (*port, error) {
	fd, err := syscall.Open(path, syscall.O_RDWR|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), path)
	raw, err := file.SyscallConn()
	p := &port{File: file, raw: raw}
	p.try = p.tryRead
	return p, err
}

func (p *port) Read(into []byte) (int, error) {
	p.into = into
	if err := p.raw.Read(p.try); err != nil {
		return 0, err
	}
	p.gone = p.err == nil && p.n == 0
	if p.gone {
		return 0, io.EOF
	}
	return max(p.n, 0), p.err
}

// tryRead tells whether there is something to tell, or nothing to wait for.
func (p *port) tryRead(fd uintptr) bool {
	p.n, p.err = syscall.Read(int(fd), p.into)
	nothingYet := p.err == syscall.EAGAIN || p.err == syscall.EINTR
	stillGone := p.err == nil && p.n == 0 && p.gone
	return !nothingYet && !stillGone
}
