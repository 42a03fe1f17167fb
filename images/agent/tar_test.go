package main

import (
	"archive/tar"
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// readAll gives an archive's entries with their contents, and how it ended.
func readAll(archive []byte) (entries []tarEntry, contents []string, err error) {
	r := &tarReader{from: bytes.NewReader(archive)}
	for {
		e, err := r.next()
		if err != nil {
			return entries, contents, err
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return entries, contents, err
		}
		entries, contents = append(entries, e), append(contents, string(text))
	}
}

func randomText(random *rand.Rand, most int) string {
	text := make([]byte, 1+random.IntN(most))
	for n := range text {
		text[n] = byte(1 + random.IntN(255))
	}
	return string(text)
}

func randomEntry(random *rand.Rand) tarEntry {
	ids := []uint32{0, 1000, maxShort, maxShort + 1, 4_000_000_000}
	e := tarEntry{
		name: randomText(random, 250), kind: byte('0' + random.IntN(7)), mode: uint32(random.IntN(0o10000)),
		uid: ids[random.IntN(len(ids))], gid: ids[random.IntN(len(ids))],
		seconds: random.Int64N(1<<35) - 1<<34, nanos: random.Int64N(1e9),
	}
	if strings.HasSuffix(e.name, "/") {
		e.name += "x"
	}
	switch e.kind {
	case tarFile:
		e.size = []int64{0, 1, 511, 512, 513, 5000}[random.IntN(6)]
	case tarHardLink, tarSymlink:
		e.target = randomText(random, 250)
	case tarCharacter, tarBlockDev:
		e.major, e.minor = uint32(random.IntN(1<<12)), uint32(random.IntN(1<<20))
	}
	return e
}

func TestWhatIsWrittenIsReadAndSoDoesGo(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		e := randomEntry(random)
		text := strings.Repeat("c", int(e.size))
		archive := append(appendEntry(nil, e), text+string(zeros[:tarPadding(e.size)])+string(zeros[:])...)
		entries, contents, err := readAll(archive)
		if err != io.EOF || len(entries) != 1 || entries[0] != e || contents[0] != text {
			t.Fatalf("%+v became %+v, %v", e, entries, err)
		}
		header, err := tar.NewReader(bytes.NewReader(archive)).Next()
		if err != nil {
			t.Fatalf("%+v: %v", e, err)
		}
		if header.Name != e.name || header.Linkname != e.target || header.Uid != int(e.uid) || header.Gid != int(e.gid) ||
			header.Mode != int64(e.mode) || header.Size != e.size || !header.ModTime.Equal(time.Unix(e.seconds, e.nanos)) {
			t.Fatalf("%+v is read as %+v", e, header)
		}
	}
}

func TestArchivesOfOtherWritersAreRead(t *testing.T) {
	long := strings.Repeat("long/", 60) + "name"
	for _, format := range []tar.Format{tar.FormatUSTAR, tar.FormatPAX, tar.FormatGNU} {
		headers := []tar.Header{
			{Typeflag: tar.TypeDir, Name: "d/", Mode: 0o1777, Uid: 7, Gid: 8, ModTime: time.Unix(1234567890, 0)},
			{Typeflag: tar.TypeReg, Name: "d/" + strings.Repeat("p", 90), Size: 3, Mode: 0o644},
			{Typeflag: tar.TypeSymlink, Name: "d/l", Linkname: "../x"},
			{Typeflag: tar.TypeReg, Name: strings.Repeat("p/", 60) + "ustar's prefix", Size: 3, Mode: 0o644},
		}
		if format != tar.FormatUSTAR {
			headers = append(headers,
				tar.Header{Typeflag: tar.TypeReg, Name: long, Size: 3, Uid: 3_000_000},
				tar.Header{Typeflag: tar.TypeLink, Name: "hard", Linkname: long})
		}
		var archive bytes.Buffer
		w := tar.NewWriter(&archive)
		for _, h := range headers {
			h.Format = format
			if err := w.WriteHeader(&h); err != nil {
				t.Fatal(format, err)
			}
			w.Write([]byte("abc")[:h.Size])
		}
		w.Close()
		entries, contents, err := readAll(archive.Bytes())
		if err != io.EOF || len(entries) != len(headers) {
			t.Fatalf("%v: %d entries, %v", format, len(entries), err)
		}
		for n, h := range headers {
			e := entries[n]
			if e.name != h.Name || e.target != h.Linkname || e.kind != h.Typeflag || int(e.uid) != h.Uid ||
				e.mode != uint32(h.Mode) || contents[n] != "abc"[:h.Size] {
				t.Errorf("%v: %+v is read as %+v", format, h, e)
			}
		}
	}
}

// The archives of test/fuzz/corpus/tar are of other writers: GNU tar, bsdtar, star, v7.
func corpus(t testing.TB) (names []string, archives [][]byte) {
	names, _ = filepath.Glob("../../test/fuzz/corpus/tar/*.tar")
	for _, name := range names {
		archive, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		archives = append(archives, archive)
	}
	if len(archives) == 0 {
		t.Fatal("there is no corpus")
	}
	return names, archives
}

func TestArchivesOfTheCorpusAreReadOrRefusedByName(t *testing.T) {
	names, archives := corpus(t)
	for n, name := range names {
		entries, _, err := readAll(archives[n])
		refused := false
		for _, e := range entries {
			refused = refused || e.refused != ""
		}
		if sparse := strings.Contains(name, "sparse"); sparse != (refused || err != io.EOF && err != errNoEnd) {
			t.Errorf("%s: %d entries, %v", name, len(entries), err)
		}
	}
}

func TestAnArchiveThatIsCutOffIsNeverWhole(t *testing.T) {
	archive := appendEntry(nil, tarEntry{name: strings.Repeat("n", 200), kind: tarFile, size: 1000})
	archive = append(archive, make([]byte, 1024)...)
	for cut := range archive {
		if _, _, err := readAll(archive[:cut]); err != errTorn && (cut > 0 || err != errNoEnd) {
			t.Fatalf("after %d bytes: %v", cut, err)
		}
	}
	if _, _, err := readAll(archive); err != errNoEnd {
		t.Errorf("without an end: %v", err)
	}
}

// Most mutations spoil a checksum; with it mended they get further. MVM_FUZZ says how many there are.
func TestMutatedArchivesAreReadOrRefused(t *testing.T) {
	cases, err := strconv.Atoi(os.Getenv("MVM_FUZZ"))
	if err != nil {
		cases = 3000
	}
	_, archives := corpus(t)
	for seed := range cases {
		random := rand.New(rand.NewPCG(1, uint64(seed)))
		archive := bytes.Clone(archives[random.IntN(len(archives))])
		for range 1 + random.IntN(4) {
			archive[random.IntN(len(archive))] = byte(random.IntN(256))
		}
		if random.IntN(4) > 0 {
			mend(archive)
		}
		check(t, archive)
	}
}

func mend(archive []byte) {
	for ; len(archive) >= tarBlock; archive = archive[tarBlock:] {
		putOctal(archive[148:154], tarSum(archive[:tarBlock]))
		archive[154] = 0
	}
}

func check(t *testing.T, archive []byte) {
	entries, _, _ := readAll(archive)
	for _, e := range entries {
		if strings.Contains(e.name+e.target, "\x00") || e.size < 0 || e.size > int64(len(archive)) || e.mode > 0o7777 {
			t.Errorf("%+v was read of %x", e, archive)
		}
	}
}

func FuzzTar(f *testing.F) {
	_, archives := corpus(f)
	for _, archive := range archives {
		f.Add(archive)
	}
	f.Fuzz(check)
}
