package main

import "testing"

func TestNetworksAreReadStrictly(t *testing.T) {
	address, mask, valid := parseNetwork("10.0.2.15/20")
	if !valid || address != [4]byte{10, 0, 2, 15} || mask != [4]byte{255, 255, 240, 0} {
		t.Errorf("got %v %v %v", address, mask, valid)
	}
	for _, text := range []string{"", "10.0.2.15", "10.0.2/24", "10.0.2.15.1/24", "10.0.2.256/24", "10.0.2.15/33", "::1/64"} {
		if _, _, valid := parseNetwork(text); valid {
			t.Errorf("%q counts as a network", text)
		}
	}
}
