package main

import (
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// stdio is both sides of a program's three files: `theirs` go to the program, the others stay.
type stdio struct {
	theirs       [3]int
	in, out, err *os.File
	terminal     *os.File // the same as in and out, when there is one
}

// openFiles is called inside the machine, whose terminals they may be.
func (e execSpec) openFiles() (stdio, error) {
	if e.tty {
		return openTerminal(e)
	}
	return openPipes(e.stdin)
}

// openPipes connects stdin only when it is wanted; else it reads as empty.
func openPipes(stdin bool) (s stdio, err error) {
	s.theirs = [3]int{-1, -1, -1}
	if stdin {
		err = s.pipe(0, &s.in)
	} else {
		s.theirs[0], err = syscall.Open("/dev/null", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	}
	if err == nil {
		err = s.pipe(1, &s.out)
	}
	if err == nil {
		err = s.pipe(2, &s.err)
	}
	return s, err
}

func (s *stdio) pipe(n int, ours **os.File) error {
	var ends [2]int // read, write
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC); err != nil {
		return err
	}
	if n == 0 {
		s.theirs[n], *ours = ends[0], waitable(ends[1], "stdin")
	} else {
		s.theirs[n], *ours = ends[1], waitable(ends[0], "output")
	}
	return nil
}

// waitable makes a file on which a goroutine can wait without a thread.
func waitable(fd int, name string) *os.File {
	// It fails for a closed descriptor only.
	_ = syscall.SetNonblock(fd, true)
	return os.NewFile(uintptr(fd), name)
}

// openTerminal opens one of the machine's own pseudo terminals; the caller is inside.
func openTerminal(e execSpec) (s stdio, err error) {
	s.theirs = [3]int{-1, -1, -1}
	master, err := syscall.Open("/dev/pts/ptmx", syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return s, err
	}
	s.terminal = waitable(master, "terminal")
	s.in, s.out = s.terminal, s.terminal
	unlocked := int32(0)
	if err := ioctl(master, syscall.TIOCSPTLCK, uintptr(unsafe.Pointer(&unlocked))); err != nil {
		return s, err
	}
	const flags = syscall.O_RDWR | syscall.O_NOCTTY | syscall.O_CLOEXEC
	slave, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(master), tiocgptpeer, flags)
	if errno != 0 {
		return s, errno
	}
	s.theirs = [3]int{int(slave), int(slave), int(slave)}
	if e.columns > 0 && e.rows > 0 {
		err = setSize(s.terminal, e.columns, e.rows)
	}
	return s, err
}

// makeConsole shows the terminal as the machine's /dev/console too, as docker does for its main program.
func (s stdio) makeConsole() error {
	var number uint32
	if err := control(s.terminal, syscall.TIOCGPTN, unsafe.Pointer(&number)); err != nil {
		return err
	}
	const console = "/dev/console"
	fd, err := syscall.Open(console, syscall.O_CREAT|syscall.O_RDONLY|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	syscall.Close(fd)
	return syscall.Mount("/dev/pts/"+strconv.FormatUint(uint64(number), 10), console, "", syscall.MS_BIND, "")
}

// give makes the files the user's own, so that a program may open /dev/stdout again.
func (s stdio) give(who account, e execSpec) {
	if who.uid == 0 {
		return
	}
	for n, fd := range s.theirs {
		if isSharedNull := n == 0 && !e.stdin && !e.tty; !isSharedNull {
			// A program that cannot open its stdout again is no reason not to start it.
			_ = syscall.Fchown(fd, int(who.uid), -1)
		}
	}
}

func (s stdio) closeTheirs() {
	for n, fd := range s.theirs {
		if fd > 0 && (n == 0 || fd != s.theirs[0]) {
			syscall.Close(fd)
		}
	}
}

func (s stdio) closeOurs() {
	for _, file := range []*os.File{s.in, s.out, s.err} {
		if file != nil {
			file.Close() // a terminal is in the list twice, and closed once
		}
	}
}

func setSize(terminal *os.File, columns, rows uint16) error {
	size := [4]uint16{rows, columns}
	return control(terminal, syscall.TIOCSWINSZ, unsafe.Pointer(&size))
}

// control is an ioctl on a file that stays non-blocking: os.File's Fd would change that.
func control(file *os.File, request uintptr, argument unsafe.Pointer) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	closed := raw.Control(func(fd uintptr) { err = ioctl(int(fd), request, uintptr(argument)) })
	return firstOf(closed, err)
}

func ioctl(fd int, request, argument uintptr) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), request, argument); errno != 0 {
		return errno
	}
	return nil
}
