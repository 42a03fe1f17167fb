package main

import "strconv"

// fields reads what a request must hold, and keeps the first thing that was wrong with it.
type fields struct {
	from object
	err  error
}

func (f *fields) wrong(name, expected string) {
	if f.err == nil {
		f.err = fail("agent.bad-request", strconv.Quote(name)+" must be "+expected)
	}
}

func (f *fields) text(name string, limit int) string {
	text, isText := f.from[name].(string)
	if !isText || len(text) > limit {
		f.wrong(name, "text of at most "+strconv.Itoa(limit)+" bytes")
		return ""
	}
	return text
}

func (f *fields) texts(name string) []string {
	list, isList := f.from[name].([]any)
	result := make([]string, len(list))
	for n := range list {
		var isText bool
		result[n], isText = list[n].(string)
		isList = isList && isText
	}
	if !isList {
		f.wrong(name, "a list of texts")
	}
	return result
}

func (f *fields) number(name string, low, high int64) int64 {
	n, isNumber := f.from[name].(int64)
	if !isNumber || n < low || n > high {
		f.wrong(name, "a number from "+strconv.FormatInt(low, 10)+" to "+strconv.FormatInt(high, 10))
		return low
	}
	return n
}

// flag is false when absent.
func (f *fields) flag(name string) bool {
	value, isFlag := f.from[name].(bool)
	if !isFlag && f.from[name] != nil {
		f.wrong(name, "true or false")
	}
	return value
}

// objects is empty when absent.
func (f *fields) objects(name string) []object {
	list, isList := f.from[name].([]any)
	result := make([]object, len(list))
	for n := range list {
		var isObject bool
		result[n], isObject = list[n].(object)
		isList = isList && isObject
	}
	if !isList && f.from[name] != nil {
		f.wrong(name, "a list of objects")
	}
	return result
}

// object is nil when absent or null.
func (f *fields) object(name string) object {
	value, isObject := f.from[name].(object)
	if !isObject && f.from[name] != nil {
		f.wrong(name, "an object")
	}
	return value
}
