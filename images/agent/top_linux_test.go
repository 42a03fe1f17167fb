package main

import "testing"

func TestAProcessIsReadWhateverItIsCalled(t *testing.T) {
	var p guestProcess
	name, ok := p.readStat("41 (a) (b\n) 9) S 1 41 41 34817 41 4194304 9 0 0 0 250 150 0 0 20 0 1 0 1234 0 0 0")
	if !ok || name != "a) (b\n) 9" {
		t.Fatalf("got %q, %v", name, ok)
	}
	if p.tty != "pts/1" || p.cpuTicks != 400 || p.startTicks != 1234 {
		t.Errorf("got %+v", p)
	}
}

func TestWhatIsNoProcessIsLeftOut(t *testing.T) {
	for _, stat := range []string{"", "1 (", "1 (a) S 1", "1 )a( S", "1 (a) S x y z 1 1 1 1 1 1 1 x 1 1 1 1 1 1 1 1 1"} {
		var p guestProcess
		if _, ok := p.readStat(stat); ok {
			t.Errorf("%q gives %+v", stat, p)
		}
	}
}

func TestNumbersAreThoseOfTheMachine(t *testing.T) {
	for status, pid := range map[string]int{
		"Name:\tx\nNSpid:\t400\t7\n":      7,
		"Name:\tx\nNSpid:\t400\t7\t1\n":   7, // in a namespace of its own inside
		"Name:\tinit\nNSpid:\t1\nX:\t2\n": 0, // the agent
		"":                                0,
	} {
		if found := insidePid(status); found != pid {
			t.Errorf("%q gives %d", status, found)
		}
	}
}

func TestTerminalsHaveTheirNames(t *testing.T) {
	for device, name := range map[int64]string{0: "?", 136 << 8: "pts/0", 137<<8 | 3: "pts/259", 4<<8 | 64: "ttyS0", 5<<8 | 1: "console"} {
		if found := ttyName(device); found != name {
			t.Errorf("%d is %q", device, found)
		}
	}
}
