package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// program is what execve needs, found in the machine's own root.
type program struct {
	path   string
	argv   []string
	env    []string
	who    account
	limits []limit
}

// resolve finds user, folder and file in the root of the calling thread, and enters the folder.
func resolve(e execSpec) (program, error) {
	groups := readSmall("/etc/group")
	who, err := findUser(e.user, readSmall("/etc/passwd"), groups)
	if err := firstOf(err, who.join(e.groups, groups)); err != nil {
		return program{}, err
	}
	if err := enterFolder(e.cwd, e.main); err != nil {
		return program{}, err
	}
	hostname, _ := os.Hostname() // an empty one when the kernel has none
	env := fillEnvironment(e.env, e.tty, who.home, hostname)
	path, err := lookPath(e.argv[0], variable(env, "PATH"), statFile)
	return program{path: path, argv: e.argv, env: env, who: who, limits: e.limits}, err
}

// enterFolder makes a missing folder for the machine's own program, as docker does for WORKDIR.
func enterFolder(cwd string, create bool) error {
	if cwd == "" {
		cwd = "/"
	}
	err := syscall.Chdir(cwd)
	if err == syscall.ENOENT && create && cwd[0] == '/' {
		if err := os.MkdirAll(cwd, 0o755); err != nil {
			return fail("exec.no-cwd", err.Error())
		}
		err = syscall.Chdir(cwd)
	}
	if err != nil {
		return fail("exec.no-cwd", "chdir to "+strconv.Quote(cwd)+": "+err.Error())
	}
	return nil
}

func fillEnvironment(env []string, tty bool, home, hostname string) []string {
	defaults := []string{"HOSTNAME=" + hostname, "HOME=" + home}
	if tty {
		defaults = append(defaults, "TERM=xterm")
	}
	for _, setting := range defaults {
		name, _, _ := strings.Cut(setting, "=")
		if !hasVariable(env, name) {
			env = append(env, setting)
		}
	}
	return env
}

func hasVariable(env []string, name string) bool {
	for _, setting := range env {
		if strings.HasPrefix(setting, name+"=") {
			return true
		}
	}
	return false
}

func variable(env []string, name string) string {
	for _, setting := range env {
		if value, found := strings.CutPrefix(setting, name+"="); found {
			return value
		}
	}
	return ""
}

// fileKind is what looking at a path tells: is it there, a folder, executable by anybody.
type fileKind struct {
	err        error
	folder     bool
	executable bool
}

// lookPath finds a command as docker does, with its words for what is wrong.
func lookPath(name, path string, stat func(string) fileKind) (string, error) {
	if strings.Contains(name, "/") {
		found := stat(name)
		switch {
		case found.err != nil:
			return "", execError("stat "+name, found.err)
		case found.folder:
			return "", fail("exec.not-executable", "exec: "+strconv.Quote(name)+": is a directory")
		case !found.executable:
			return "", fail("exec.not-executable", "exec: "+strconv.Quote(name)+": permission denied")
		}
		return name, nil
	}
	for _, folder := range strings.Split(path, ":") {
		if folder == "" {
			folder = "."
		}
		candidate := strings.TrimSuffix(folder, "/") + "/" + name
		if found := stat(candidate); name != "" && found.err == nil && !found.folder && found.executable {
			return candidate, nil
		}
	}
	return "", fail("exec.not-found", "exec: "+strconv.Quote(name)+": executable file not found in $PATH")
}

func statFile(path string) fileKind {
	var found syscall.Stat_t
	err := syscall.Stat(path, &found)
	return fileKind{
		err: err, folder: found.Mode&syscall.S_IFMT == syscall.S_IFDIR, executable: found.Mode&0o111 != 0}
}

// execError gives the kernel's refusal the code by which a shell tells "not found" from "not executable".
func execError(act string, err error) error {
	message := act + ": " + err.Error()
	switch err {
	case syscall.ENOENT:
		return fail("exec.not-found", message)
	case syscall.EACCES, syscall.ENOEXEC, syscall.EISDIR, syscall.ENOTDIR, syscall.ELOOP, syscall.EPERM:
		return fail("exec.not-executable", message)
	}
	return fail("exec.failed", message)
}

// readSmall is empty for what is missing, no plain file, or too large to be what it says it is.
func readSmall(path string) string {
	const limit = 1 << 20
	// A FIFO in its place must not stop us.
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer syscall.Close(fd)
	var found syscall.Stat_t
	err = syscall.Fstat(fd, &found)
	if err != nil || found.Mode&syscall.S_IFMT != syscall.S_IFREG || found.Size > limit {
		return ""
	}
	text := make([]byte, max(found.Size, 4096)) // /proc says 0
	n, err := syscall.Read(fd, text)
	if err != nil {
		return ""
	}
	return string(text[:n])
}
