package main

import (
	"syscall"
	"testing"
)

func TestSignalsAreKnownByName(t *testing.T) {
	for name, number := range map[string]int{
		"SIGTERM": 15, "SIGPWR": 30, "SIGRTMIN": 34, "SIGRTMIN+3": 37, "SIGRTMAX-14": 50, "SIGRTMIN+30": 64,
	} {
		signal, known := signalNumber(name)
		if !known || signal != syscall.Signal(number) {
			t.Errorf("%s is %v, %v", name, signal, known)
		}
	}
	for _, name := range []string{
		"", "TERM", "SIGNONE", "SIGRTMIN+31", "SIGRTMIN+03", "SIGRTMIN3", "SIGRTMIN-1", "SIGRTMAX+1", "SIGRTMIN+0",
	} {
		if _, known := signalNumber(name); known {
			t.Errorf("%q is taken", name)
		}
	}
	if name := signalName(37); name != "SIGRTMIN+3" {
		t.Error(name)
	}
}
