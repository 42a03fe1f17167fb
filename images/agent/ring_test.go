package main

import (
	"bytes"
	"math/rand"
	"testing"
)

func TestARingGivesBackWhatItWasGiven(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	var r ring
	var all []byte // what was ever written; position n is all[n]
	for range 5000 {
		fresh := make([]byte, random.Intn(9000))
		random.Read(fresh)
		before := r.head
		r.add(fresh)
		all = append(all, fresh[:r.head-before]...)
		if taken := r.head - before; int(taken) < len(fresh) && r.held() != window {
			t.Fatalf("took %d of %d bytes while holding %d", taken, len(fresh), r.held())
		}
		at := r.tail + uint64(random.Intn(r.held()+1))
		piece := r.from(at, 1+random.Intn(70000))
		if !bytes.Equal(piece, all[at:at+uint64(len(piece))]) || len(piece) == 0 && at < r.head {
			t.Fatalf("%d bytes from %d differ", len(piece), at)
		}
		r.tail += uint64(random.Intn(r.held() + 1))
	}
}

func TestARingOfAQuietStreamStaysSmall(t *testing.T) {
	var r ring
	for range 10000 {
		r.add([]byte("a line\n"))
		r.tail = r.head
	}
	if len(r.buf) != firstRing {
		t.Errorf("it holds %d bytes", len(r.buf))
	}
}
