package main

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	topPage        = 32 << 10 // of JSON; one more process fits the frame in any case
	longestCommand = 2 << 10
	ticksPerSecond = 100 // USER_HZ
)

// top lists the machine's processes as they see themselves, in pages: those from a number on, and where the next page
// begins. The /proc is the agent's own, which no program of the machine can touch.
func (a *agent) top(message object) (object, error) {
	f := fields{from: message}
	from := f.number("from", 0, 1<<31)
	if f.err != nil {
		return nil, f.err
	}
	a.life.RLock()
	defer a.life.RUnlock()
	if a.machine.id == "" {
		return nil, fail("agent.no-machine", "this guest is no machine yet")
	}
	var passwd string
	if err := a.machine.stage.inside(func() error { passwd = readSmall("/etc/passwd"); return nil }); err != nil {
		return nil, err
	}
	seconds, _, _ := strings.Cut(readSmall("/proc/uptime"), " ")
	uptime, err := strconv.ParseFloat(seconds, 64)
	if err != nil {
		return nil, err
	}
	now := time.Now().UnixMilli()
	pids, err := numbersIn("/proc")
	if err != nil {
		return nil, err
	}
	rows, size := []any{}, 0
	for _, pid := range pids {
		if int64(pid) < from {
			continue
		}
		if size > topPage {
			return object{"processes": rows, "next": pid}, nil
		}
		if p, ours := readProcess(pid); ours {
			age := int64(uptime*1000) - p.startTicks*1000/ticksPerSecond
			row := object{
				"user": p.userName(passwd), "uid": int64(p.uid), "pid": p.pid, "ppid": insideOf(p.parent), "tty": p.tty,
				"started": now - age, "ageMs": age, "cpuMs": p.cpuTicks * 1000 / ticksPerSecond, "command": p.command,
			}
			rows, size = append(rows, row), size+len(appendJSON(nil, row))
		}
	}
	return object{"processes": rows, "next": nil}, nil
}

// countProcesses counts what top lists: neither the kernel's threads nor the agent are the machine's.
func countProcesses() (count int, err error) {
	pids, err := numbersIn("/proc")
	for _, pid := range pids {
		folder := "/proc/" + strconv.Itoa(pid)
		if insidePid(readSmall(folder+"/status")) != 0 && !isOurs(folder) {
			count++
		}
	}
	return count, err
}

func numbersIn(folder string) ([]int, error) {
	opened, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	names, err := opened.Readdirnames(-1)
	var numbers []int
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, err
}

type guestProcess struct {
	pid, parent          int // inside the machine, and as the agent sees it
	uid                  uint32
	startTicks, cpuTicks int64
	tty, command         string
}

// readProcess is false for what is not the machine's, and for what has just ended.
func readProcess(pid int) (p guestProcess, ours bool) {
	folder := "/proc/" + strconv.Itoa(pid)
	status := readSmall(folder + "/status")
	if p.pid = insidePid(status); p.pid == 0 || isOurs(folder) {
		return p, false
	}
	p.parent, _ = strconv.Atoi(statusWord(status, "PPid:", 0))
	p.uid, _ = parseID(statusWord(status, "Uid:", 1))
	name, ok := p.readStat(readSmall(folder + "/stat"))
	p.command = strings.TrimRight(strings.ReplaceAll(readSmall(folder+"/cmdline"), "\x00", " "), " ")
	if p.command == "" {
		p.command = "[" + name + "]"
	}
	p.command = p.command[:min(len(p.command), longestCommand)]
	return p, ok
}

// isOurs finds copies, which are this binary.
func isOurs(folder string) bool {
	var theirs, ours syscall.Stat_t
	err := firstOf(syscall.Stat(folder+"/exe", &theirs), syscall.Stat("/proc/self/exe", &ours))
	return err == nil && identify(theirs) == identify(ours)
}

// readStat reads what proc_pid_stat(5) lays out; the name in its brackets may hold anything.
func (p *guestProcess) readStat(stat string) (name string, ok bool) {
	begin, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if begin < 0 || end < begin {
		return "", false
	}
	words := strings.Fields(stat[end+1:]) // from the third field on
	if len(words) < 20 {
		return "", false
	}
	number := func(field int) int64 {
		n, err := strconv.ParseInt(words[field-3], 10, 64)
		ok = ok && err == nil
		return n
	}
	ok = true
	p.tty = ttyName(number(7))
	p.cpuTicks = number(14) + number(15)
	p.startTicks = number(22)
	return stat[begin+1 : end], ok
}

// ttyName is `?` for a program without one, as ps has it.
func ttyName(device int64) string {
	major, minor := device>>8&0xfff, device&0xff|device>>12&0xfff00
	switch {
	case major >= 136 && major <= 143: // Documentation/admin-guide/devices.txt
		return "pts/" + itoa(minor+(major-136)<<8)
	case major == 4 && minor >= 64:
		return "ttyS" + itoa(minor-64)
	case major == 5 && minor == 1:
		return "console"
	}
	return "?"
}

// insidePid is the number in the machine's own namespace, which is the second of those that nest; 0 for the agent's.
func insidePid(status string) int {
	pid, _ := strconv.Atoi(statusWord(status, "NSpid:", 1))
	return pid
}

func insideOf(pid int) int { return insidePid(readSmall("/proc/" + strconv.Itoa(pid) + "/status")) }

func statusWord(status, key string, n int) string {
	_, rest, found := strings.Cut(status, "\n"+key)
	line, _, _ := strings.Cut(rest, "\n")
	if words := strings.Fields(line); found && n < len(words) {
		return words[n]
	}
	return ""
}

func (p guestProcess) userName(passwd string) string {
	number := strconv.FormatUint(uint64(p.uid), 10)
	if entry, found := findEntry(passwd, number); found && entry[2] == number {
		return entry[0]
	}
	return number
}
