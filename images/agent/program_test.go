package main

import (
	"reflect"
	"syscall"
	"testing"
)

func TestCommandsAreFoundAsDockerFindsThem(t *testing.T) {
	files := map[string]fileKind{
		"/bin/sh":    {executable: true},
		"/sbin/sh":   {executable: true},
		"./here":     {executable: true},
		"/bin/dir":   {folder: true, executable: true},
		"/bin/plain": {},
		"/usr/plain": {executable: true},
		"/etc":       {folder: true, executable: true},
		"/no/entry":  {err: syscall.EACCES},
	}
	stat := func(path string) fileKind {
		if found, exists := files[path]; exists {
			return found
		}
		return fileKind{err: syscall.ENOENT}
	}
	for _, each := range []struct{ name, path, found, code string }{
		{"sh", "/bin:/sbin", "/bin/sh", ""},
		{"sh", "/nowhere:/sbin/", "/sbin/sh", ""},
		{"here", "/bin:", "./here", ""},
		{"plain", "/bin:/usr", "/usr/plain", ""},
		{"/bin/sh", "", "/bin/sh", ""},
		{"sh", "", "", "exec.not-found"},
		{"", "/bin", "", "exec.not-found"},
		{"dir", "/bin", "", "exec.not-found"},
		{"/none", "/bin", "", "exec.not-found"},
		{"/bin/plain", "/bin", "", "exec.not-executable"},
		{"/etc", "/bin", "", "exec.not-executable"},
		{"/no/entry", "/bin", "", "exec.not-executable"},
	} {
		found, err := lookPath(each.name, each.path, stat)
		refusal, _ := err.(failure)
		if found != each.found || refusal.code != each.code {
			t.Errorf("%q in %q gives %q, %v", each.name, each.path, found, err)
		}
	}
}

func TestTheEnvironmentIsFilledWhereItIsSilent(t *testing.T) {
	found := fillEnvironment([]string{"PATH=/bin", "HOMER=x"}, true, "/home/bob", "box")
	expected := []string{"PATH=/bin", "HOMER=x", "HOSTNAME=box", "HOME=/home/bob", "TERM=xterm"}
	if !reflect.DeepEqual(found, expected) {
		t.Errorf("got %q", found)
	}
	given := []string{"HOME=", "TERM=vt100", "HOSTNAME=other"}
	if found := fillEnvironment(given, true, "/root", "box"); !reflect.DeepEqual(found, given) {
		t.Errorf("got %q", found)
	}
}

func TestOddRequestsAreRefused(t *testing.T) {
	for _, text := range []string{
		`{}`, `{"session":"s","argv":[],"env":[],"cwd":"","user":""}`, `{"session":"","argv":["a"],"env":[],"cwd":"","user":""}`,
		`{"session":"s","argv":["a",1],"env":[],"cwd":"","user":""}`, `{"session":"s","argv":"a","env":[],"cwd":"","user":""}`,
		`{"session":"s","argv":["a"],"env":[],"cwd":"","user":"","tty":1}`,
		`{"session":"s","argv":["a"],"env":[],"cwd":"","user":"","size":{"columns":70000,"rows":1}}`,
	} {
		message, err := parseObject([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if e, err := readExec(message); err == nil {
			t.Errorf("%s gives %+v", text, e)
		}
	}
}
