package main

import (
	"math"
	"strconv"
)

// becomeSpec makes a machine of this guest: everything that differs between machines.
type becomeSpec struct {
	machineID string
	hostname  string
	seconds   int64
	nanos     int64
	entropy   []byte
	network   *networkSpec
	image     string // device with the image's EROFS
	upper     upperSpec
	cpuMillis int64  // 0: no limit
	exec      object // what to run at once, or nil
}

type networkSpec struct {
	address string // 10.0.2.15/24
	gateway string
	dns     []string
}

// upperSpec is where a machine's writes go: an ext4 disk, or a tmpfs of so many bytes.
type upperSpec struct {
	device     string
	keep       bool // the disk outlives the machine
	tmpfsBytes int64
}

// execSpec is a program to run.
type execSpec struct {
	session string
	main    bool
	argv    []string
	env     []string
	cwd     string
	user    string
	tty     bool
	stdin   bool
	columns uint16
	rows    uint16
}

func readBecome(message object) (becomeSpec, error) {
	f := fields{from: message}
	time := fields{from: f.object("time")}
	b := becomeSpec{
		machineID: f.text("machineId", 64),
		hostname:  f.text("hostname", 64),
		seconds:   time.number("sec", 0, math.MaxInt32*100),
		nanos:     time.number("nsec", 0, 999_999_999),
		image:     f.text("image", 64),
		exec:      f.object("exec"),
	}
	if b.entropy = fromHex(f.text("entropy", 1024)); len(b.entropy) < 32 {
		f.wrong("entropy", "at least 32 bytes in hexadecimal")
	}
	if message["cpuMillis"] != nil {
		b.cpuMillis = f.number("cpuMillis", 10, 1_000_000)
	}
	b.upper = readUpper(&f)
	b.network = readNetwork(&f)
	return b, firstOf(f.err, time.err)
}

func readUpper(f *fields) upperSpec {
	upper := fields{from: f.object("upper")}
	var result upperSpec
	if upper.from["tmpfsBytes"] != nil {
		result.tmpfsBytes = upper.number("tmpfsBytes", 1<<20, 1<<50)
	} else {
		result.device = upper.text("device", 64)
		result.keep = upper.flag("keep")
	}
	f.err = firstOf(f.err, upper.err)
	return result
}

func readNetwork(f *fields) *networkSpec {
	network := fields{from: f.object("network")}
	if network.from == nil {
		return nil
	}
	result := networkSpec{
		address: network.text("address", 64), gateway: network.text("gateway", 64), dns: network.texts("dns")}
	f.err = firstOf(f.err, network.err)
	return &result
}

func readExec(message object) (execSpec, error) {
	f := fields{from: message}
	e := execSpec{
		session: f.text("session", 64),
		main:    f.flag("main"),
		argv:    f.texts("argv"),
		env:     f.texts("env"),
		cwd:     f.text("cwd", 4096),
		user:    f.text("user", 256),
		tty:     f.flag("tty"),
		stdin:   f.flag("stdin"),
	}
	if f.object("size") != nil {
		e.columns, e.rows, f.err = readSize(message, f.err)
	}
	if f.err == nil && (e.session == "" || len(e.argv) == 0) {
		f.wrong("argv", "a list of at least one text")
	}
	return e, f.err
}

func readSize(message object, before error) (columns, rows uint16, err error) {
	size := fields{from: object{}, err: before}
	if given, isObject := message["size"].(object); isObject {
		size.from = given
	}
	columns = uint16(size.number("columns", 0, math.MaxUint16))
	rows = uint16(size.number("rows", 0, math.MaxUint16))
	return columns, rows, size.err
}

// fromHex is nil when it is none. (encoding/hex would bring fmt.)
func fromHex(text string) []byte {
	var result []byte
	for ; len(text) >= 2; text = text[2:] {
		n, err := strconv.ParseUint(text[:2], 16, 8)
		if err != nil {
			return nil
		}
		result = append(result, byte(n))
	}
	return result
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
