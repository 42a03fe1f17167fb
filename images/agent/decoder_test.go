package main

import (
	"bytes"
	"testing"
)

// decodeAll feeds a decoder in pieces of at most so many bytes.
func decodeAll(wire []byte, piece int) []frame {
	var d decoder
	var found []frame
	for len(wire) > 0 {
		n := copy(d.space(), wire[:min(piece, len(wire))])
		d.filled(n)
		wire = wire[n:]
		for f, more := d.next(); more; f, more = d.next() {
			f.payload = bytes.Clone(f.payload)
			found = append(found, f)
		}
	}
	return found
}

func sample() []byte {
	wire := appendFrame(nil, frameControl, 0, nil, []byte(`{"op":"ping"}`))
	wire = appendOffsetFrame(wire, frameData, 5, 1<<33, bytes.Repeat([]byte("mvmf"), 5000))
	wire = appendOffsetFrame(wire, frameEnd, 5, 1<<33+20000, nil)
	return appendFrame(wire, frameControl, 0, nil, bytes.Repeat([]byte("x"), maxControl))
}

func TestFramesAreFoundHoweverTheyAreCut(t *testing.T) {
	for _, piece := range []int{1, 3, 19, 20, 21, 4096, 1 << 20, 1 << 24} {
		found := decodeAll(sample(), piece)
		if len(found) != 4 || len(found[3].payload) != maxControl {
			t.Fatalf("in pieces of %d: %d frames", piece, len(found))
		}
		if offset, valid := found[1].offset(); !valid || offset != 1<<33 || found[1].stream != 5 {
			t.Errorf("in pieces of %d: offset %d of stream %d", piece, offset, found[1].stream)
		}
	}
}

func TestGarbageBetweenFramesIsSkipped(t *testing.T) {
	ping := appendFrame(nil, frameControl, 0, nil, []byte("{}"))
	spoiled := bytes.Clone(ping)
	spoiled[len(spoiled)-1] ^= 1
	for name, garbage := range map[string][]byte{
		"text":                    []byte("mvm mvmf? no"),
		"a wrong checksum":        spoiled,
		"an unknown kind":         appendFrame(nil, 9, 0, nil, nil),
		"too long a data frame":   appendFrame(nil, frameData, 1, nil, make([]byte, maxPayload+1)),
		"half a magic at its end": []byte("mv"),
	} {
		wire := append(bytes.Clone(garbage), ping...)
		if found := decodeAll(wire, 7); len(found) != 1 || string(found[0].payload) != "{}" {
			t.Errorf("after %s: %d frames", name, len(found))
		}
	}
}

func TestAFrameThatWasCutOffEndsWithZeros(t *testing.T) {
	torn := sample()[:1000]
	hello := appendFrame(nil, frameControl, 0, nil, []byte("{}"))
	wire := append(append(torn, make([]byte, headerSize+maxControl)...), hello...)
	found := decodeAll(wire, 4096)
	if last := found[len(found)-1]; string(last.payload) != "{}" {
		t.Errorf("the hello was lost, the last frame is %q", last.payload)
	}
}

func TestALargeFrameIsNoLastingMemory(t *testing.T) {
	var d decoder
	for wire := sample(); len(wire) > 0; {
		n := copy(d.space(), wire)
		d.filled(n)
		wire = wire[n:]
		for _, more := d.next(); more; _, more = d.next() {
		}
	}
	if d.space(); len(d.buf) != decoderSize {
		t.Errorf("the decoder keeps %d bytes", len(d.buf))
	}
}

func FuzzDecoder(f *testing.F) {
	f.Add(sample()[:2000], 100)
	f.Add([]byte("mvmfmvmfmvmf"), 5)
	f.Fuzz(func(t *testing.T, garbage []byte, piece int) {
		if len(garbage) > 1<<16 {
			return
		}
		wire := append(bytes.Clone(garbage), make([]byte, headerSize+maxControl)...)
		wire = appendFrame(wire, frameControl, 0, nil, []byte("{}"))
		found := decodeAll(wire, 1024+piece&0xffff)
		if len(found) == 0 || string(found[len(found)-1].payload) != "{}" {
			t.Error("a frame after zeros was not found")
		}
		for _, each := range found {
			if len(each.payload) > maxControl || each.kind != frameControl && len(each.payload) > maxPayload {
				t.Errorf("a frame of kind %d has %d bytes", each.kind, len(each.payload))
			}
		}
	})
}
