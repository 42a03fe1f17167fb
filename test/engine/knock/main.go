// Knocks at the host's doors from inside a guest: what a program may ask for, and what root may put on the wire.
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
)

func main() {
	acts := map[string]func(args []string){"tcp": tcp, "lookup": lookup, "frames": frames, "piece": piece, "answer": answer}
	acts[os.Args[1]](os.Args[2:])
}

// tcp ADDRESS: what the server there says, or why there is none.
func tcp(args []string) {
	conn, err := net.DialTimeout("tcp4", args[0], 20*time.Second)
	if err != nil {
		fmt.Println(err)
		return
	}
	said, _ := io.ReadAll(conn)
	fmt.Println("said", string(said))
}

// lookup SERVER NAME
func lookup(args []string) {
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, args[0])
	}
	resolver := net.Resolver{PreferGo: true, Dial: dial}
	found, err := resolver.LookupNetIP(context.Background(), "ip4", args[1])
	fmt.Println(found, err)
}

// answer PORT COUNT: says where each datagram came from, and sends it back.
func answer(args []string) {
	port, _ := strconv.Atoi(args[0])
	count, _ := strconv.Atoi(args[1])
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{Port: port})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("listens")
	for buffer := make([]byte, 65536); count > 0; count-- {
		length, from, _ := conn.ReadFromUDPAddrPort(buffer)
		fmt.Println(from.Addr())
		conn.WriteToUDPAddrPort(buffer[:length], from)
	}
}

// frames PORT: datagrams and SYNs to that port of every address that may mean the host's loopback, as raw frames.
func frames(args []string) {
	port, _ := strconv.Atoi(args[0])
	wire := openWire()
	for _, to := range []string{"10.0.2.2", "127.0.0.1", "127.1.2.3", "0.0.0.0", "255.255.255.255"} {
		wire.send(ip(to, 17, 0, udp(port, "plain to "+to)))
		wire.send(ip(to, 6, 0, syn(to, port)))
		// A datagram in two pieces, whose second would not have been looked at.
		whole := udp(port, "in pieces to "+to)
		wire.send(ip(to, 17, 0x2000, whole[:16]))
		wire.send(ip(to, 17, 2, whole[16:]))
		// A SYN whose flags come in a second piece, over harmless ones.
		segment := syn(to, port)
		harmless := append([]byte{}, segment...)
		harmless[13] = 0x10
		wire.send(ip(to, 6, 0x2000, harmless[:16]))
		wire.send(ip(to, 6, 1, segment[8:]))
	}
}

// piece: the second piece of a datagram whose first never comes.
func piece([]string) {
	openWire().send(ip("10.0.2.2", 17, 2, udp(7, "long enough for two pieces")[16:]))
}

type wire struct {
	socket int
	to     syscall.SockaddrLinklayer
}

func openWire() wire {
	card, err := net.InterfaceByName("eth0")
	if err != nil {
		panic(err)
	}
	socket, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, 0)
	if err != nil {
		panic(err)
	}
	return wire{socket, syscall.SockaddrLinklayer{Ifindex: card.Index, Halen: 6}}
}

// Its identification must differ from packet to packet, but not between the pieces of one.
var identification uint16

func (w wire) send(packet []byte) {
	header := []byte{0x52, 0x55, 10, 0, 2, 2, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 8, 0}
	if err := syscall.Sendto(w.socket, append(header, packet...), 0, &w.to); err != nil {
		panic(err)
	}
}

func ip(to string, protocol byte, fragment uint16, payload []byte) []byte {
	if fragment&0x1fff == 0 {
		identification++
	}
	header := make([]byte, 20)
	header[0], header[8], header[9] = 0x45, 64, protocol
	binary.BigEndian.PutUint16(header[2:], uint16(20+len(payload)))
	binary.BigEndian.PutUint16(header[4:], identification)
	binary.BigEndian.PutUint16(header[6:], fragment)
	copy(header[12:], net.IP{10, 0, 2, 15})
	copy(header[16:], net.ParseIP(to).To4())
	binary.BigEndian.PutUint16(header[10:], ^sum(header))
	return append(header, payload...)
}

// udp leaves the checksum out, as it may.
func udp(port int, said string) []byte {
	datagram := make([]byte, 8, 8+len(said))
	binary.BigEndian.PutUint16(datagram, 4242)
	binary.BigEndian.PutUint16(datagram[2:], uint16(port))
	binary.BigEndian.PutUint16(datagram[4:], uint16(8+len(said)))
	return append(datagram, said...)
}

func syn(to string, port int) []byte {
	segment := make([]byte, 20)
	binary.BigEndian.PutUint16(segment, 4300+identification)
	binary.BigEndian.PutUint16(segment[2:], uint16(port))
	segment[12], segment[13], segment[14] = 0x50, 2, 0x20
	pseudo := append(append([]byte{10, 0, 2, 15}, net.ParseIP(to).To4()...), 0, 6, 0, 20)
	binary.BigEndian.PutUint16(segment[16:], ^sum(append(pseudo, segment...)))
	return segment
}

func sum(data []byte) uint16 {
	total := uint32(0)
	for at := 0; at+1 < len(data); at += 2 {
		total += uint32(binary.BigEndian.Uint16(data[at:]))
	}
	for total > 0xffff {
		total = total>>16 + total&0xffff
	}
	return uint16(total)
}
