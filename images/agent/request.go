package main

import "errors"

// failure is an error that the host knows by its code.
type failure struct{ code, message string }

func (f failure) Error() string { return f.message }

func fail(code, message string) error { return failure{code, message} }

func capabilities() []any { return []any{"become", "exec", "tty", "resume", "copy", "top", "list"} }

// request answers one message. What may wait for a disk or a program gets a goroutine of its own; the rest is answered
// in the order in which it came.
func (a *agent) request(message object) {
	op, _ := message["op"].(string)
	switch op {
	case "hello":
		a.hello(message)
	case "become", "release", "exec", "top", "list", "sync", "powerOff":
		a.requestSlowly(op, message)
	default:
		a.answer(op, message, a.generation())
	}
}

func (a *agent) requestSlowly(op string, message object) {
	generation := a.generation()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.slow >= maxSlowRequests {
		a.reply(generation, message, nil, fail("agent.busy", "too many requests at once"))
		return
	}
	a.slow++
	go func() {
		a.answer(op, message, generation)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.slow--
	}()
}

// answer performs a request and replies; a panic in it is an answer too.
func (a *agent) answer(op string, message object, generation int) {
	var done *session
	result := object{}
	err := guarded(func() (err error) {
		result, done, err = a.perform(op, message)
		return err
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	heard := a.reply(generation, message, result, err)
	if done != nil {
		// After the reply, for the host learns from it whose streams these are.
		done.begin(heard)
	}
}

func (a *agent) perform(op string, message object) (object, *session, error) {
	switch op {
	case "ping":
		return nil, nil, nil
	case "become":
		return a.become(message)
	case "exec":
		return a.exec(message)
	case "release":
		return nil, nil, a.release()
	case "signal":
		return nil, nil, a.signal(message)
	case "resize":
		return nil, nil, a.resize(message)
	case "reap":
		return nil, nil, a.forget(message)
	case "top":
		return withoutSession(a.top(message))
	case "list":
		return withoutSession(a.list(message))
	case "stats":
		return withoutSession(stats())
	case "kernelLog":
		return withoutSession(kernelLog())
	case "wake":
		return nil, nil, wake(message)
	case "sync":
		syncDisks()
		return nil, nil, nil
	case "powerOff":
		return nil, nil, a.powerOff()
	}
	return nil, nil, fail("agent.unknown", "the agent knows no such request")
}

func withoutSession(result object, err error) (object, *session, error) { return result, nil, err }

// reply tells whether the host that asked is still there. The lock is held.
func (a *agent) reply(generation int, message, result object, err error) bool {
	if !a.link.open || generation != a.link.generation {
		return false
	}
	answer := object{"id": message["id"], "ok": true}
	for name, value := range result {
		answer[name] = value
	}
	if err != nil {
		answer = object{"id": message["id"], "error": describe(err)}
	}
	a.link.say(answer)
	return true
}

func describe(err error) object {
	var known failure
	if errors.As(err, &known) {
		return object{"code": known.code, "message": known.message}
	}
	return object{"code": "agent.failed", "message": err.Error()}
}

func (a *agent) generation() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.link.generation
}

// guarded turns a panic into an error: one request's fault must not end the machine.
func guarded(act func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fail("agent.fault", "the agent failed at this request: "+faultText(fault))
		}
	}()
	return act()
}

func faultText(fault any) string {
	if err, isError := fault.(error); isError {
		return err.Error()
	}
	text, _ := fault.(string)
	return text
}
