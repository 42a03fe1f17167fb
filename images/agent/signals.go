package main

import (
	"strconv"
	"strings"
	"syscall"
)

// signals have the same names on every system and not always the same numbers.
var signals = map[string]syscall.Signal{
	"SIGHUP": syscall.SIGHUP, "SIGINT": syscall.SIGINT, "SIGQUIT": syscall.SIGQUIT, "SIGILL": syscall.SIGILL,
	"SIGTRAP": syscall.SIGTRAP, "SIGABRT": syscall.SIGABRT, "SIGBUS": syscall.SIGBUS, "SIGFPE": syscall.SIGFPE,
	"SIGKILL": syscall.SIGKILL, "SIGUSR1": syscall.SIGUSR1, "SIGSEGV": syscall.SIGSEGV, "SIGUSR2": syscall.SIGUSR2,
	"SIGPIPE": syscall.SIGPIPE, "SIGALRM": syscall.SIGALRM, "SIGTERM": syscall.SIGTERM, "SIGCHLD": syscall.SIGCHLD,
	"SIGCONT": syscall.SIGCONT, "SIGSTOP": syscall.SIGSTOP, "SIGTSTP": syscall.SIGTSTP, "SIGTTIN": syscall.SIGTTIN,
	"SIGTTOU": syscall.SIGTTOU, "SIGURG": syscall.SIGURG, "SIGXCPU": syscall.SIGXCPU, "SIGXFSZ": syscall.SIGXFSZ,
	"SIGVTALRM": syscall.SIGVTALRM, "SIGPROF": syscall.SIGPROF, "SIGWINCH": syscall.SIGWINCH,
	"SIGIO": syscall.SIGIO, "SIGSYS": syscall.SIGSYS,
	"SIGSTKFLT": syscall.SIGSTKFLT, "SIGPWR": syscall.SIGPWR, "SIGRTMIN": rtMin, "SIGRTMAX": rtMax,
}

// The real-time signals, without the two that the C library keeps for itself (signal(7)).
const rtMin, rtMax = syscall.Signal(34), syscall.Signal(64)

// signalNumber knows names such as SIGTERM, SIGRTMIN+3 and SIGRTMAX-14.
func signalNumber(name string) (syscall.Signal, bool) {
	if signal, known := signals[name]; known {
		return signal, true
	}
	from, away, _ := strings.Cut(strings.Replace(name, "-", "+", 1), "+")
	distance, err := strconv.ParseUint(away, 10, 5)
	if err != nil || distance == 0 || distance > uint64(rtMax-rtMin) {
		return 0, false
	}
	switch signal := syscall.Signal(distance); name {
	case from + "+" + strconv.Itoa(int(distance)):
		return rtMin + signal, from == "SIGRTMIN"
	case from + "-" + strconv.Itoa(int(distance)):
		return rtMax - signal, from == "SIGRTMAX"
	}
	return 0, false
}

func signalName(signal syscall.Signal) string {
	for name, known := range signals {
		if known == signal {
			return name
		}
	}
	if signal > rtMin && signal < rtMax {
		return "SIGRTMIN+" + strconv.Itoa(int(signal-rtMin))
	}
	return "SIG" + strconv.Itoa(int(signal))
}
