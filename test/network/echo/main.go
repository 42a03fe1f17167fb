// Echo answers on one port of a guest: on TCP with what came, byte for byte, once the other end has closed its
// direction the rest of ours is sent and ours closed too; on UDP with each datagram as it came.
package main

import (
	"io"
	"net"
	"os"
)

func main() {
	address := ":" + os.Args[1]
	datagrams, err := net.ListenPacket("udp", address)
	must(err)
	go echoDatagrams(datagrams)
	listener, err := net.Listen("tcp", address)
	must(err)
	os.Stdout.WriteString("ready\n")
	for {
		connection, err := listener.Accept()
		must(err)
		go echo(connection.(*net.TCPConn))
	}
}

func echo(connection *net.TCPConn) {
	defer connection.Close()
	if _, err := io.Copy(connection, connection); err == nil {
		connection.CloseWrite()
	}
}

func echoDatagrams(datagrams net.PacketConn) {
	buffer := make([]byte, 65536)
	for {
		length, from, err := datagrams.ReadFrom(buffer)
		must(err)
		datagrams.WriteTo(buffer[:length], from)
	}
}

func must(err error) {
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
}
