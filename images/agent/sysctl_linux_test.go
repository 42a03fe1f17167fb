package main

import (
	"strings"
	"testing"
)

func TestSettingsLieWhereSysctlFindsThem(t *testing.T) {
	for name, expected := range map[string]string{
		"kernel.msgmax":                "/proc/sys/kernel/msgmax",
		"net/ipv4/conf/eth0.1/rp":      "/proc/sys/net/ipv4/conf/eth0.1/rp",
		"net.ipv4.conf.eth0/1.rp":      "/proc/sys/net/ipv4/conf/eth0.1/rp",
		"net.ipv4.ip_local_port_range": "/proc/sys/net/ipv4/ip_local_port_range",
	} {
		if path := (sysctl{name: name}).path(); path != expected {
			t.Errorf("%s is at %s", name, path)
		}
	}
}

func TestALimitAboveWhatTheKernelHasSaysWhichSettingRaisesIt(t *testing.T) {
	err := limit{"nofile", unlimited, unlimited}.take()
	if err == nil || !strings.Contains(err.Error(), "--sysctl") {
		t.Error(err)
	}
}
