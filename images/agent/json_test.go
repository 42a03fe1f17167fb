package main

import (
	"reflect"
	"strings"
	"testing"
)

func TestMessagesAreRead(t *testing.T) {
	for text, expected := range map[string]object{
		`{}`: {},
		` { "a" : 1 , "b":[true,false,null,-7] } `: {"a": int64(1), "b": []any{true, false, nil, int64(-7)}},
		`{"s":"\"\\\/\n\u00e9\ud83d\ude00é"}`:      {"s": "\"\\/\né😀é"},
		`{"lone":"\ud83d!"}`:                       {"lone": "\ufffd!"},
		`{"o":{"l":[]}}`:                           {"o": object{"l": []any{}}},
	} {
		found, err := parseObject([]byte(text))
		if err != nil || !reflect.DeepEqual(found, expected) {
			t.Errorf("%s gives %v, %v", text, found, err)
		}
	}
}

func TestWhatIsNoMessageIsRefused(t *testing.T) {
	for _, text := range []string{
		``, `1`, `[]`, `{`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1}x`, `{a:1}`, `{"a":1.5}`, `{"a":1e3}`, `{"a":--1}`,
		`{"a":tru}`, `{"a":"` + "\n" + `"}`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"`, "{\"a\":\"\xff\"}",
		`{"a":99999999999999999999}`, `{"a":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`,
	} {
		if found, err := parseObject([]byte(text)); err == nil {
			t.Errorf("%q gives %v", text, found)
		}
	}
}

func TestWhatIsWrittenCanBeRead(t *testing.T) {
	message := object{"text": "a\"\\\x00\x1f\u2028é", "list": []any{1, int64(-2), uint64(3), object{}, []any{}, nil, true}}
	found, err := parseObject(appendJSON(nil, message))
	expected := object{
		"text": "a\"\\\x00\x1f\u2028é",
		"list": []any{int64(1), int64(-2), int64(3), object{}, []any{}, nil, true},
	}
	if err != nil || !reflect.DeepEqual(found, expected) {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestTextThatIsNoUTF8IsWrittenAsReplacement(t *testing.T) {
	found, err := parseObject(appendJSON(nil, object{"name": "a\xffb"}))
	if err != nil || found["name"] != "a\ufffdb" {
		t.Errorf("got %v, %v", found, err)
	}
}

func FuzzMessages(f *testing.F) {
	for _, text := range []string{
		`{"op":"exec","session":"a","argv":["sh","-c","x"],"env":["A=b"],"cwd":"/","user":"","size":{"columns":80,"rows":24}}`,
		`{"op":"become","machineId":"x","hostname":"h","time":{"sec":1,"nsec":2},"entropy":"00ff","image":"/dev/vda","upper":{"tmpfsBytes":1048576}}`,
		`{"s":"\ud83d\ude00"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		message, err := parseObject(text)
		if err != nil {
			return
		}
		again, err := parseObject(appendJSON(nil, message))
		if err != nil || !reflect.DeepEqual(message, again) {
			t.Errorf("%q became %v, then %v (%v)", text, message, again, err)
		}
		// These may refuse, and nothing else.
		_, _ = readExec(message)
		_, _ = readBecome(message)
		_, _, _ = readSize(message, nil)
	})
}
