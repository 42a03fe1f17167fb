package main

import (
	"slices"
	"strconv"
	"strings"
)

// account is whom a program runs as.
type account struct {
	uid, gid uint32
	groups   []uint32
	home     string
}

// findUser resolves `user`, `uid`, `user:group` or `uid:gid` as docker does: a number needs no entry, and an entry of
// that number still gives its group, further groups and home.
func findUser(wanted, passwd, group string) (account, error) {
	name, groupName, hasGroup := strings.Cut(wanted, ":")
	if name == "" {
		name = "0"
	}
	entry, found := findEntry(passwd, name)
	result := account{home: "/"}
	switch uid, isNumber := parseID(name); {
	case found && len(entry) >= 6:
		result.uid, _ = parseID(entry[2])
		result.gid, _ = parseID(entry[3])
		result.home = entry[5]
		result.groups = groupsOf(group, entry[0])
	case isNumber:
		result.uid = uid
	default:
		return account{}, fail("exec.no-user", "unable to find user "+name+": no matching entries in passwd file")
	}
	if !hasGroup || groupName == "" {
		return result, nil
	}
	result.groups = nil
	if entry, found = findEntry(group, groupName); found {
		result.gid, _ = parseID(entry[2])
		return result, nil
	}
	gid, isNumber := parseID(groupName)
	if !isNumber {
		return account{}, fail("exec.no-user", "unable to find group "+groupName+": no matching entries in group file")
	}
	result.gid = gid
	return result, nil
}

// join adds further groups; as with docker, a number needs no entry.
func (who *account) join(groups []string, file string) error {
	for _, name := range groups {
		gid, valid := parseID(name)
		if entry, found := findEntry(file, name); found {
			gid, valid = parseID(entry[2])
		}
		if !valid {
			return fail("exec.no-user", "unable to find group "+name+": no matching entries in group file")
		}
		if !slices.Contains(who.groups, gid) {
			who.groups = append(who.groups, gid)
		}
	}
	return nil
}

// findEntry finds a line of passwd or group by its name, then by its number.
func findEntry(file, wanted string) ([]string, bool) {
	for _, column := range []int{0, 2} {
		for line := range lines(file) {
			entry := strings.Split(line, ":")
			if len(entry) < 3 || entry[column] != wanted {
				continue
			}
			if _, valid := parseID(entry[2]); valid {
				return entry, true
			}
		}
	}
	return nil, false
}

func groupsOf(file, user string) []uint32 {
	var result []uint32
	for line := range lines(file) {
		entry := strings.Split(line, ":")
		if len(entry) < 4 || !slices.Contains(strings.Split(entry[3], ","), user) {
			continue
		}
		if gid, valid := parseID(entry[2]); valid && len(result) < 1024 {
			result = append(result, gid)
		}
	}
	return result
}

func lines(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for text != "" {
			line, rest, _ := strings.Cut(text, "\n")
			text = rest
			if !yield(line) {
				return
			}
		}
	}
}

// parseID refuses -1, which means "leave it" to the kernel.
func parseID(text string) (uint32, bool) {
	id, err := strconv.ParseUint(text, 10, 32)
	return uint32(id), err == nil && id < 1<<32-1
}
