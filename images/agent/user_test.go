package main

import (
	"reflect"
	"testing"
)

const (
	passwd = "root:x:0:0:root:/root:/bin/sh\nbroken\nbob:x:1000:1001:Bob:/home/bob:/bin/sh\nodd:x:-1:0::/:\n77:x:5:5::/:\n"
	group  = "root:x:0:\nwheel:x:10:root,bob\nstaff:x:50:alice,bob\nbob:x:1001:\n"
)

func TestUsersAreFoundAsDockerFindsThem(t *testing.T) {
	for wanted, expected := range map[string]account{
		"":            {home: "/root"},
		"root":        {home: "/root", groups: []uint32{10}},
		"0":           {home: "/root", groups: []uint32{10}},
		"bob":         {uid: 1000, gid: 1001, home: "/home/bob", groups: []uint32{10, 50}},
		"1000":        {uid: 1000, gid: 1001, home: "/home/bob", groups: []uint32{10, 50}},
		"bob:wheel":   {uid: 1000, gid: 10, home: "/home/bob"},
		"bob:7":       {uid: 1000, gid: 7, home: "/home/bob"},
		"4242":        {uid: 4242, home: "/"},
		"4242:staff":  {uid: 4242, gid: 50, home: "/"},
		"77":          {uid: 5, gid: 5, home: "/"},
		"4294967294:": {uid: 4294967294, home: "/"},
	} {
		found, err := findUser(wanted, passwd, group)
		if wanted == "" {
			expected.groups = []uint32{10}
		}
		if err != nil || !reflect.DeepEqual(found, expected) {
			t.Errorf("%q gives %+v, %v", wanted, found, err)
		}
	}
}

func TestFurtherGroupsAreJoinedByNameOrNumber(t *testing.T) {
	who := account{groups: []uint32{10}}
	if err := who.join([]string{"staff", "4242", "wheel", "1001"}, group); err != nil {
		t.Fatal(err)
	}
	if expected := []uint32{10, 50, 4242, 1001}; !reflect.DeepEqual(who.groups, expected) {
		t.Errorf("got %v", who.groups)
	}
	if err := who.join([]string{"nobody"}, group); err == nil {
		t.Error("a group without an entry was joined")
	}
}

func TestUsersWithoutAnEntryAreRefused(t *testing.T) {
	for _, wanted := range []string{"alice", "odd", "-1", "4294967295", "bob:nobody", "bob:-1", "broken"} {
		found, err := findUser(wanted, passwd, group)
		if refusal, isFailure := err.(failure); !isFailure || refusal.code != "exec.no-user" {
			t.Errorf("%q gives %+v, %v", wanted, found, err)
		}
	}
}

func TestAnImageWithoutPasswdHasItsRoot(t *testing.T) {
	found, err := findUser("", "", "")
	if err != nil || !reflect.DeepEqual(found, account{home: "/"}) {
		t.Errorf("got %+v, %v", found, err)
	}
}
