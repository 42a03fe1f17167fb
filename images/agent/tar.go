package main

import "strconv"

// Copies to and from a machine travel as tar archives: ustar, with pax records for what it has no room for
// (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html). archive/tar would bring fmt and reflection
// into a program that every boot unpacks.

const (
	tarBlock = 512

	tarFile      = '0'
	tarHardLink  = '1'
	tarSymlink   = '2'
	tarCharacter = '3'
	tarBlockDev  = '4'
	tarFolder    = '5'
	tarFifo      = '6'
	tarPax       = 'x'
)

// tarEntry is a file as an archive tells of it.
type tarEntry struct {
	name           string // any bytes but NUL
	kind           byte
	mode           uint32 // permissions, set-id and sticky
	uid, gid       uint32
	size           int64
	seconds, nanos int64 // since 1970; nanos count forward, before 1970 too
	target         string
	major, minor   uint32
	refused        string // why its contents cannot be understood
}

// Largest numbers of the fields of 8 and 12 digits, the last of which is a zero byte.
const (
	maxShort = 0o7777777
	maxLong  = 0o77777777777
)

// appendEntry writes what stands before an entry's contents.
func appendEntry(buf []byte, e tarEntry) []byte {
	if records := paxRecords(e); len(records) > 0 {
		buf = appendHeader(buf, tarEntry{name: "pax", kind: tarPax, size: int64(len(records))})
		buf = append(buf, records...)
		buf = append(buf, zeros[:tarPadding(int64(len(records)))]...)
	}
	return appendHeader(buf, e)
}

var zeros [2 * tarBlock]byte

func tarPadding(size int64) int64 { return -size & (tarBlock - 1) }

func appendHeader(buf []byte, e tarEntry) []byte {
	start := len(buf)
	buf = append(buf, zeros[:tarBlock]...)
	block := buf[start:]
	copy(block[:100], e.name)
	putOctal(block[100:107], int64(e.mode))
	putOctal(block[108:115], min(int64(e.uid), maxShort))
	putOctal(block[116:123], min(int64(e.gid), maxShort))
	putOctal(block[124:135], min(e.size, maxLong))
	putOctal(block[136:147], min(max(e.seconds, 0), maxLong))
	block[156] = e.kind
	copy(block[157:257], e.target)
	copy(block[257:265], "ustar\x0000")
	if e.kind == tarCharacter || e.kind == tarBlockDev {
		putOctal(block[329:336], int64(e.major))
		putOctal(block[337:344], int64(e.minor))
	}
	putOctal(block[148:154], tarSum(block))
	block[155] = ' '
	return buf
}

func putOctal(field []byte, value int64) {
	for n := len(field) - 1; n >= 0; n-- {
		field[n] = byte('0' + value&7)
		value >>= 3
	}
}

// tarSum counts the checksum itself as spaces.
func tarSum(block []byte) int64 {
	sum := int64(8 * ' ')
	for n, b := range block {
		if n < 148 || n >= 156 {
			sum += int64(b)
		}
	}
	return sum
}

func paxRecords(e tarEntry) []byte {
	var records []byte
	if len(e.name) > 100 {
		records = appendRecord(records, "path", e.name)
	}
	if len(e.target) > 100 {
		records = appendRecord(records, "linkpath", e.target)
	}
	if e.size > maxLong {
		records = appendRecord(records, "size", itoa(e.size))
	}
	if e.uid > maxShort {
		records = appendRecord(records, "uid", itoa(int64(e.uid)))
	}
	if e.gid > maxShort {
		records = appendRecord(records, "gid", itoa(int64(e.gid)))
	}
	if e.nanos != 0 || e.seconds < 0 || e.seconds > maxLong {
		records = appendRecord(records, "mtime", paxTime(e.seconds, e.nanos))
	}
	return records
}

// appendRecord writes `<length> <key>=<value>\n`, where the length counts itself.
func appendRecord(records []byte, key, value string) []byte {
	rest := len(key) + len(value) + 3
	length := rest + len(strconv.Itoa(rest))
	length = rest + len(strconv.Itoa(length))
	return append(records, strconv.Itoa(length)+" "+key+"="+value+"\n"...)
}

// paxTime is decimal: before 1970 its fraction counts backward, as a person would write it.
func paxTime(seconds, nanos int64) string {
	sign := ""
	if seconds < 0 {
		sign = "-"
		if nanos > 0 {
			seconds, nanos = seconds+1, 1_000_000_000-nanos
		}
		seconds = -seconds
	}
	fraction := strconv.FormatInt(1_000_000_000+nanos, 10)[1:]
	return sign + strconv.FormatInt(seconds, 10) + "." + fraction
}
