package main

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Control frames are JSON. This codec is small because encoding/json brings reflection and 0.7 MB into a program that
// every boot unpacks. Numbers are whole: the protocol has no others.

// object is a parsed JSON object, or with values of these types one to be written.
type object map[string]any

var errJSON = errors.New("not the JSON that this protocol speaks")

const maxDepth = 8

// parseObject reads a message: one object and nothing after it.
func parseObject(text []byte) (object, error) {
	p := parser{text: text}
	value, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.blanks()
	result, isObject := value.(object)
	if !isObject || p.at != len(text) {
		return nil, errJSON
	}
	return result, nil
}

type parser struct {
	text []byte
	at   int
}

func (p *parser) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, errJSON
	}
	p.blanks()
	switch c := p.peek(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.list(depth)
	case c == '"':
		return p.string()
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	switch {
	case p.word("true"):
		return true, nil
	case p.word("false"):
		return false, nil
	case p.word("null"):
		return nil, nil
	}
	return nil, errJSON
}

func (p *parser) word(word string) bool {
	if !strings.HasPrefix(string(p.text[p.at:min(len(p.text), p.at+len(word))]), word) {
		return false
	}
	p.at += len(word)
	return true
}

func (p *parser) object(depth int) (any, error) {
	result := object{}
	err := p.items('}', func() error {
		name, err := p.string()
		if err != nil || !p.skip(':') {
			return errJSON
		}
		result[name], err = p.value(depth + 1)
		return err
	})
	return result, err
}

func (p *parser) list(depth int) (any, error) {
	result := []any{}
	err := p.items(']', func() error {
		item, err := p.value(depth + 1)
		result = append(result, item)
		return err
	})
	return result, err
}

// items reads what stands between commas until the closing mark; the opening one is next.
func (p *parser) items(closing byte, item func() error) error {
	p.at++
	if p.skip(closing) {
		return nil
	}
	for {
		p.blanks()
		if err := item(); err != nil {
			return err
		}
		if p.skip(closing) {
			return nil
		}
		if !p.skip(',') {
			return errJSON
		}
	}
}

func (p *parser) number() (any, error) {
	start := p.at
	for p.peek() == '-' || p.peek() >= '0' && p.peek() <= '9' {
		p.at++
	}
	if c := p.peek(); c == '.' || c == 'e' || c == 'E' {
		return nil, errJSON
	}
	n, err := strconv.ParseInt(string(p.text[start:p.at]), 10, 64)
	return n, err
}

func (p *parser) string() (string, error) {
	if p.peek() != '"' {
		return "", errJSON
	}
	p.at++
	var result []byte
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		switch {
		case c == '"':
			if !utf8.Valid(result) {
				return "", errJSON
			}
			return string(result), nil
		case c == '\\':
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			result = utf8.AppendRune(result, r)
		case c < ' ':
			return "", errJSON
		default:
			result = append(result, c)
		}
	}
	return "", errJSON
}

var escapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (p *parser) escape() (rune, error) {
	c := p.peek()
	p.at++
	if c != 'u' {
		r, known := escapes[c]
		if !known {
			return 0, errJSON
		}
		return r, nil
	}
	r, err := p.hex4()
	if err == nil && utf16.IsSurrogate(r) && p.peek() == '\\' {
		p.at += 2 // the other half: a backslash and u
		low, err := p.hex4()
		return utf16.DecodeRune(r, low), err
	}
	return r, err
}

func (p *parser) hex4() (rune, error) {
	if len(p.text)-p.at < 4 {
		return 0, errJSON
	}
	n, err := strconv.ParseUint(string(p.text[p.at:p.at+4]), 16, 16)
	p.at += 4
	return rune(n), err
}

func (p *parser) blanks() {
	for c := p.peek(); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = p.peek() {
		p.at++
	}
}

func (p *parser) skip(c byte) bool {
	p.blanks()
	if p.peek() != c {
		return false
	}
	p.at++
	return true
}

// peek is 0 at the end, which no rule accepts.
func (p *parser) peek() byte {
	if p.at >= len(p.text) {
		return 0
	}
	return p.text[p.at]
}

// appendJSON writes what the agent says: objects, lists, strings, whole numbers, truth values and nil.
func appendJSON(buf []byte, value any) []byte {
	switch v := value.(type) {
	case object:
		buf = append(buf, '{')
		for name, item := range v {
			buf = append(appendString(separate(buf), name), ':')
			buf = appendJSON(buf, item)
		}
		return append(buf, '}')
	case []any:
		buf = append(buf, '[')
		for _, item := range v {
			buf = appendJSON(separate(buf), item)
		}
		return append(buf, ']')
	case string:
		return appendString(buf, v)
	case bool:
		return strconv.AppendBool(buf, v)
	case int:
		return strconv.AppendInt(buf, int64(v), 10)
	case int64:
		return strconv.AppendInt(buf, v, 10)
	case uint64:
		return strconv.AppendUint(buf, v, 10)
	case nil:
		return append(buf, "null"...)
	}
	panic("no JSON for this type")
}

// separate adds the comma before every item but the first.
func separate(buf []byte) []byte {
	if last := buf[len(buf)-1]; last == '{' || last == '[' {
		return buf
	}
	return append(buf, ',')
}

// appendString writes what is no UTF-8 as replacement characters, for names and messages may hold anything.
func appendString(buf []byte, s string) []byte {
	const hex = "0123456789abcdef"
	buf = append(buf, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			buf = append(buf, '\\', byte(r))
		case r < ' ':
			buf = append(buf, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			buf = utf8.AppendRune(buf, r)
		}
	}
	return append(buf, '"')
}
