package main

// exec runs a program in the machine.
func (a *agent) exec(message object) (object, *session, error) {
	a.life.RLock()
	defer a.life.RUnlock()
	if a.machine.id == "" {
		return nil, nil, fail("agent.no-machine", "this guest is no machine yet")
	}
	return a.start(message)
}

// start is called with the machine's life held.
func (a *agent) start(message object) (object, *session, error) {
	e, err := readExec(message)
	if err != nil {
		return nil, nil, err
	}
	s, err := a.enter(e.session, e.main, e.tty)
	if err != nil {
		return nil, nil, err
	}
	files, pid, err := a.launch(e, message)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.births++
	a.born.Signal()
	if err != nil {
		a.leave(s)
		return nil, nil, err
	}
	s.terminal = files.terminal
	s.attach(files.in, files.out, files.err, &a.mu)
	a.runs(s, pid)
	return object{"number": int(s.number), "pid": pid}, s, nil
}

func (a *agent) launch(e execSpec, message object) (files stdio, pid int, err error) {
	switch {
	case e.main:
		files, pid, err = a.launchMain(e, message)
	case e.builtin:
		files, pid, err = a.launchBuiltin(e)
	case len(e.limits) > 0:
		files, pid, err = a.launchLimited(e, message)
	default:
		files, pid, err = a.launchFurther(e)
	}
	files.closeTheirs()
	if err != nil {
		files.closeOurs()
	}
	return files, pid, err
}

// launchMain lets the stage become the program: it is PID 1 there, and when it ends so does all the rest.
func (a *agent) launchMain(e execSpec, message object) (files stdio, pid int, err error) {
	a.mu.Lock()
	used := a.machine.used
	a.machine.used = true
	a.mu.Unlock()
	if used {
		return files, 0, fail("agent.busy", "the machine has its program already")
	}
	stage := a.machine.stage
	if e.tty {
		err = stage.inside(func() error {
			files, err = openTerminal(e)
			return firstOf(err, files.makeConsole())
		})
	} else {
		files, err = openPipes(e.stdin)
	}
	if err == nil {
		err = stage.become(message, files.theirs)
	}
	if err != nil {
		a.mu.Lock()
		a.machine.used = false
		a.mu.Unlock()
	}
	return files, stage.pid, err
}

// launchFurther starts a program beside the machine's own.
func (a *agent) launchFurther(e execSpec) (files stdio, pid int, err error) {
	err = a.machine.stage.inside(func() error {
		p, err := resolve(e)
		if err != nil {
			return err
		}
		if files, err = e.openFiles(); err != nil {
			return err
		}
		files.give(p.who, e)
		pid, err = p.fork(files.theirs, e.tty, a.machine.cgroup)
		return err
	})
	return files, pid, err
}
