package main

import (
	"bytes"
	"io"
	"strconv"
	"strings"
)

// tarReader reads archives of any common writer as they come: ustar, old v7, GNU's long names and large numbers, pax.
type tarReader struct {
	from    io.Reader
	left    int64 // of the entry's contents
	padding int64
	global  paxFields
	block   [tarBlock]byte
}

// Long names and records together; Linux allows a path 4 KiB.
const maxTarMetadata = 1 << 20

var (
	errTorn  = fail("copy.torn", "the archive is cut off")
	errNoEnd = fail("copy.no-end", "the archive has no end: it may be cut off")
)

func garbled(what string) error {
	return fail("copy.garbled", "this is no tar archive, or a damaged one: "+what)
}

// next skips what is left of the last entry and gives the next one; io.EOF after the archive's end, errNoEnd where
// it should be.
func (r *tarReader) next() (tarEntry, error) {
	if err := r.skip(); err != nil {
		return tarEntry{}, err
	}
	var name, target string
	own := paxFields{}
	for {
		block, err := r.header()
		if err != nil {
			if err != io.EOF && (name != "" || target != "" || len(own) > 0) {
				err = errTorn
			}
			return tarEntry{}, err
		}
		size, valid := tarNumber(block[124:136])
		if !valid || size < 0 {
			return tarEntry{}, garbled("a size is none")
		}
		switch block[156] {
		case 'x', 'g', 'L', 'K':
			text, err := r.metadata(size)
			if err != nil {
				return tarEntry{}, err
			}
			switch block[156] {
			case 'L':
				name = cString(text)
			case 'K':
				target = cString(text)
			case 'x':
				err = own.read(text)
			case 'g':
				r.global = merge(r.global, nil)
				err = r.global.read(text)
			}
			if err != nil {
				return tarEntry{}, err
			}
		default:
			return r.describe(block, size, name, target, merge(r.global, own))
		}
	}
}

// Read gives the entry's contents.
func (r *tarReader) Read(space []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n, err := r.from.Read(space[:min(int64(len(space)), r.left)])
	r.left -= int64(n)
	if err == io.EOF {
		err = errTorn
	}
	if n > 0 {
		err = nil
	}
	return n, err
}

func (r *tarReader) skip() error {
	n, err := io.CopyN(io.Discard, r.from, r.left+r.padding)
	if n < r.left+r.padding {
		if err == io.EOF {
			err = errTorn
		}
		return err
	}
	r.left, r.padding = 0, 0
	return nil
}

// header gives the next block that is no end; one block of zeros is enough of it.
func (r *tarReader) header() ([]byte, error) {
	block := r.block[:]
	switch _, err := io.ReadFull(r.from, block); {
	case err == io.EOF:
		return nil, errNoEnd
	case err == io.ErrUnexpectedEOF:
		return nil, errTorn
	case err != nil:
		return nil, err
	}
	if bytes.Equal(block, zeros[:tarBlock]) {
		return nil, io.EOF
	}
	if sum, valid := tarNumber(block[148:156]); !valid || sum != tarSum(block) && sum != signedSum(block) {
		return nil, garbled("a checksum does not match")
	}
	return block, nil
}

// signedSum is what some old writers took for the checksum.
func signedSum(block []byte) int64 {
	sum := tarSum(block)
	for n, b := range block {
		if b >= 0x80 && (n < 148 || n >= 156) {
			sum -= 256
		}
	}
	return sum
}

func (r *tarReader) metadata(size int64) ([]byte, error) {
	if size > maxTarMetadata {
		return nil, garbled("a name is longer than any")
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(r.from, text); err != nil {
		return nil, errTorn
	}
	r.padding = tarPadding(size)
	return text, r.skip()
}

func (r *tarReader) describe(block []byte, size int64, name, target string, pax paxFields) (tarEntry, error) {
	e := tarEntry{kind: block[156], size: size}
	e.name = firstText(name, pax["path"], fullName(block))
	e.target = firstText(target, pax["linkpath"], cString(block[157:257]))
	numbers := fieldsOfHeader{block: block, pax: pax}
	e.mode = uint32(numbers.plain(100, 108) & 0o7777)
	e.uid = uint32(numbers.either("uid", 108, 116, 1<<32-2))
	e.gid = uint32(numbers.either("gid", 116, 124, 1<<32-2))
	e.size = numbers.either("size", 124, 136, 1<<62)
	e.seconds = numbers.plain(136, 148)
	if e.kind == tarCharacter || e.kind == tarBlockDev {
		e.major, e.minor = uint32(numbers.plain(329, 337)), uint32(numbers.plain(337, 345))
	}
	if text, given := pax["mtime"]; given {
		numbers.bad = numbers.bad || !e.setTime(text)
	}
	if numbers.bad || strings.Contains(e.name+e.target, "\x00") {
		return e, garbled("a number or a name in it is none")
	}
	for key := range pax {
		if strings.HasPrefix(key, "GNU.sparse.") {
			e.refused = "is a sparse file"
		}
	}
	switch e.kind {
	case 'S':
		return e, fail("copy.sparse", e.name+" is a sparse file of GNU tar's old form: write the archive without --sparse")
	case 0, '7':
		e.kind = tarFile
	}
	if e.kind == tarFile && strings.HasSuffix(e.name, "/") {
		e.kind = tarFolder // before ustar there was no other sign
	}
	if e.kind != tarFile && e.kind >= '0' && e.kind <= '6' {
		e.size = 0 // some writers give one
	}
	r.left, r.padding = e.size, tarPadding(e.size)
	return e, nil
}

// fieldsOfHeader reads a header's numbers, for which pax may have better ones.
type fieldsOfHeader struct {
	block []byte
	pax   paxFields
	bad   bool
}

func (f *fieldsOfHeader) plain(from, to int) int64 {
	n, valid := tarNumber(f.block[from:to])
	f.bad = f.bad || !valid
	return n
}

func (f *fieldsOfHeader) either(key string, from, to int, most int64) int64 {
	n := f.plain(from, to)
	if text, given := f.pax[key]; given {
		var err error
		n, err = strconv.ParseInt(text, 10, 64)
		f.bad = f.bad || err != nil
	}
	f.bad = f.bad || n < 0 || n > most
	return n
}

// tarNumber reads octal digits, or GNU's base 256: a set top bit, then a big-endian number in two's complement.
func tarNumber(field []byte) (int64, bool) {
	if field[0]&0x80 == 0 {
		text := strings.Trim(cString(bytes.TrimLeft(field, " \x00")), " ")
		if text == "" {
			return 0, true
		}
		n, err := strconv.ParseUint(text, 8, 62)
		return int64(n), err == nil
	}
	n := int64(field[0]&0x7f) << 57 >> 57 // the sign is the next bit
	for _, b := range field[1:] {
		if n > 1<<54 || n < -1<<54 {
			return 0, false
		}
		n = n<<8 | int64(b)
	}
	return n, true
}

// fullName joins the prefix that ustar keeps of a long path; GNU and star have other things there.
func fullName(block []byte) string {
	name := cString(block[:100])
	isStar := string(block[508:512]) == "tar\x00"
	if prefix := cString(block[345:500]); string(block[257:263]) == "ustar\x00" && prefix != "" && !isStar {
		return prefix + "/" + name
	}
	return name
}

func cString(bytes []byte) string {
	text, _, _ := strings.Cut(string(bytes), "\x00")
	return text
}

func firstText(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// paxFields are the records of extended headers; the last of a key counts, and an empty one means none.
type paxFields map[string]string

func merge(global, own paxFields) paxFields {
	all := paxFields{}
	for _, fields := range []paxFields{global, own} {
		for key, value := range fields {
			all[key] = value
			if value == "" {
				delete(all, key)
			}
		}
	}
	return all
}

func (f paxFields) read(text []byte) error {
	for len(text) > 0 {
		digits, _, found := strings.Cut(string(text[:min(len(text), 9)]), " ")
		length, err := strconv.ParseUint(digits, 10, 31)
		if !found || err != nil || length > uint64(len(text)) || int(length) < len(digits)+3 || text[length-1] != '\n' {
			return garbled("its records cannot be told apart")
		}
		key, value, found := strings.Cut(string(text[len(digits)+1:length-1]), "=")
		if !found || key == "" {
			return garbled("its records cannot be told apart")
		}
		f[key] = value
		text = text[length:]
	}
	return nil
}

// setTime reads decimal seconds with any fraction, of which what is finer than a nanosecond is cut off.
func (e *tarEntry) setTime(text string) bool {
	text, negative := strings.CutPrefix(text, "-")
	whole, fraction, _ := strings.Cut(text, ".")
	seconds, err := strconv.ParseUint(whole, 10, 53)
	nanos, fractionErr := strconv.ParseUint((fraction + "000000000")[:9], 10, 31)
	e.seconds, e.nanos = int64(seconds), int64(nanos)
	if negative {
		e.seconds = -e.seconds
		if e.nanos > 0 {
			e.seconds, e.nanos = e.seconds-1, 1_000_000_000-e.nanos
		}
	}
	return err == nil && fractionErr == nil
}
