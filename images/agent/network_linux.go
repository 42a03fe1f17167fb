package main

import (
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

const (
	ethernet = "eth0"
	loopback = "lo"
)

// networkUp brings the loopback up and, when there is a network, the one card with its address and default route.
func networkUp(n *networkSpec) error {
	err := withInterfaces(func(fd int) error {
		if err := setFlags(fd, loopback, true); err != nil || n == nil {
			return err
		}
		address, mask, valid := parseNetwork(n.address)
		gateway, validGateway := parseAddress(n.gateway)
		if !valid || !validGateway {
			return fail("agent.bad-request", "no IPv4 network: "+strconv.Quote(n.address+" "+n.gateway))
		}
		return firstOf(
			setAddress(fd, syscall.SIOCSIFADDR, ethernet, address),
			setAddress(fd, syscall.SIOCSIFNETMASK, ethernet, mask),
			setFlags(fd, ethernet, true),
			addDefaultRoute(fd, gateway),
		)
	})
	if errno, isErrno := err.(syscall.Errno); isErrno {
		return fail("become.failed", "set the network up: "+errno.Error())
	}
	return err
}

// networkDown takes the addresses away too: the next machine may have none.
func networkDown() error {
	return withInterfaces(func(fd int) error {
		for _, name := range []string{ethernet, loopback} {
			if err := setFlags(fd, name, false); err != nil && err != syscall.ENODEV {
				return err
			}
		}
		if err := setAddress(fd, syscall.SIOCSIFADDR, ethernet, [4]byte{}); err != syscall.ENODEV {
			return err
		}
		return nil
	})
}

func withInterfaces(act func(fd int) error) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	return act(fd)
}

// interfaceRequest is struct ifreq of linux/if.h.
type interfaceRequest struct {
	name [syscall.IFNAMSIZ]byte
	data [24]byte
}

func setFlags(fd int, name string, up bool) error {
	var request interfaceRequest
	copy(request.name[:], name)
	if up {
		request.data[0] = syscall.IFF_UP
	}
	return ioctl(fd, syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request)))
}

func setAddress(fd int, which uintptr, name string, address [4]byte) error {
	var request interfaceRequest
	copy(request.name[:], name)
	*(*syscall.RawSockaddrInet4)(unsafe.Pointer(&request.data)) = socketAddress(address)
	return ioctl(fd, which, uintptr(unsafe.Pointer(&request)))
}

// routeRequest is struct rtentry of linux/route.h.
type routeRequest struct {
	_                          uint64
	destination, gateway, mask syscall.RawSockaddrInet4
	flags                      uint16
	_                          [62]byte
}

func addDefaultRoute(fd int, gateway [4]byte) error {
	request := routeRequest{
		destination: socketAddress([4]byte{}), gateway: socketAddress(gateway), mask: socketAddress([4]byte{}),
		flags: syscall.RTF_UP | syscall.RTF_GATEWAY,
	}
	return ioctl(fd, syscall.SIOCADDRT, uintptr(unsafe.Pointer(&request)))
}

func socketAddress(address [4]byte) syscall.RawSockaddrInet4 {
	return syscall.RawSockaddrInet4{Family: syscall.AF_INET, Addr: address}
}

func parseNetwork(text string) (address, mask [4]byte, valid bool) {
	host, length, _ := strings.Cut(text, "/")
	address, valid = parseAddress(host)
	bits, err := strconv.ParseUint(length, 10, 8)
	if err != nil || bits > 32 {
		return address, mask, false
	}
	for n := range mask {
		mask[n] = ^byte(0xff >> min(8, max(0, int(bits)-8*n)))
	}
	return address, mask, valid
}

func parseAddress(text string) (address [4]byte, valid bool) {
	parts := strings.Split(text, ".")
	for n, part := range parts {
		value, err := strconv.ParseUint(part, 10, 8)
		if err != nil || n > 3 {
			return address, false
		}
		address[n] = byte(value)
	}
	return address, len(parts) == 4
}
