package main

import (
	"math"
	"strconv"
)

// becomeSpec makes a machine of this guest: everything that differs between machines.
type becomeSpec struct {
	machineID string
	hostname  string
	moment
	network   *networkSpec
	image     string // device with the image's EROFS
	upper     upperSpec
	hosts     []hostEntry
	readOnly  bool
	tmpfs     []tmpfsSpec
	cpuMillis int64 // 0: no limit
	shmBytes  int64 // -1: as the kernel has it
	sysctls   []sysctl
	exec      object // what to run at once, or nil
}

// moment is what a guest that stood still, or was cloned, must be told: what time it is, and numbers of its own.
type moment struct {
	seconds int64
	nanos   int64
	entropy []byte
}

type hostEntry struct{ name, address string }

type tmpfsSpec struct {
	path    string
	options []string
}

type networkSpec struct {
	address string // 10.0.2.15/24
	gateway string
	dns     []string
	search  []string
	options []string
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
	builtin bool // the agent's own program of that name
	argv    []string
	env     []string
	cwd     string
	user    string
	tty     bool
	stdin   bool
	init    bool // an init stays PID 1 beside it
	limits  []limit
	groups  []string // further ones, by name or number
	columns uint16
	rows    uint16
}

func readBecome(message object) (becomeSpec, error) {
	f := fields{from: message}
	b := becomeSpec{
		machineID: f.text("machineId", 64),
		hostname:  f.text("hostname", 64),
		moment:    readMoment(&f),
		image:     f.text("image", 64),
		exec:      f.object("exec"),
	}
	if message["cpuMillis"] != nil {
		b.cpuMillis = f.number("cpuMillis", 10, 1_000_000)
	}
	b.upper = readUpper(&f)
	b.readOnly = f.flag("readOnly")
	for _, entry := range f.objects("hosts") {
		h := fields{from: entry}
		b.hosts = append(b.hosts, hostEntry{h.text("name", 256), h.text("address", 64)})
		f.err = firstOf(f.err, h.err)
	}
	for _, entry := range f.objects("tmpfs") {
		t := fields{from: entry}
		b.tmpfs = append(b.tmpfs, tmpfsSpec{t.text("path", 4096), t.texts("options")})
		f.err = firstOf(f.err, t.err)
	}
	b.shmBytes = -1
	if message["shmBytes"] != nil {
		b.shmBytes = f.number("shmBytes", 0, math.MaxInt64)
	}
	for _, entry := range f.objects("sysctls") {
		s := fields{from: entry}
		b.sysctls = append(b.sysctls, sysctl{s.text("name", 256), s.text("value", 4096)})
		f.err = firstOf(f.err, s.err)
	}
	b.network = readNetwork(&f)
	return b, f.err
}

func readMoment(f *fields) (m moment) {
	time := fields{from: f.object("time")}
	m.seconds = time.number("sec", 0, math.MaxInt32*100)
	m.nanos = time.number("nsec", 0, 999_999_999)
	if m.entropy = fromHex(f.text("entropy", 1024)); len(m.entropy) < 32 {
		f.wrong("entropy", "at least 32 bytes in hexadecimal")
	}
	f.err = firstOf(f.err, time.err)
	return m
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
		address: network.text("address", 64), gateway: network.text("gateway", 64), dns: network.texts("dns"),
		search: network.texts("search"), options: network.texts("options")}
	f.err = firstOf(f.err, network.err)
	return &result
}

func readExec(message object) (execSpec, error) {
	f := fields{from: message}
	e := execSpec{
		session: f.text("session", 64),
		main:    f.flag("main"),
		builtin: f.flag("builtin"),
		argv:    f.texts("argv"),
		env:     f.texts("env"),
		cwd:     f.text("cwd", 4096),
		user:    f.text("user", 256),
		tty:     f.flag("tty"),
		stdin:   f.flag("stdin"),
		init:    f.flag("init"),
	}
	if message["groups"] != nil {
		e.groups = f.texts("groups")
	}
	for _, entry := range f.objects("ulimits") {
		l := fields{from: entry}
		e.limits = append(e.limits, readLimit(&l))
		f.err = firstOf(f.err, l.err)
	}
	if f.object("size") != nil {
		e.columns, e.rows, f.err = readSize(message, f.err)
	}
	if f.err == nil && (e.session == "" || len(e.argv) == 0) {
		f.wrong("argv", "a list of at least one text")
	}
	if f.err == nil && e.builtin && (e.main || !isBuiltin(e.argv[0]) || len(e.argv) < 2) {
		f.wrong("argv", "one of the agent's own programs and its path")
	}
	return e, f.err
}

// readLimit has -1 for unlimited, as docker has it.
func readLimit(f *fields) limit {
	l := limit{name: f.text("name", 16)}
	if _, known := resources[l.name]; !known {
		f.wrong("name", "the name of a limit")
	}
	l.soft, l.hard = uint64(f.number("soft", -1, math.MaxInt64)), uint64(f.number("hard", -1, math.MaxInt64))
	return l
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

func toHex(text string) string {
	const digits = "0123456789abcdef"
	result := make([]byte, 0, 2*len(text))
	for n := range len(text) {
		result = append(result, digits[text[n]>>4], digits[text[n]&15])
	}
	return string(result)
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
