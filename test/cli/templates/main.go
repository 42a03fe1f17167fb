// The judge of our templates: Go's own, with the functions that docker adds, on the data of cases.ts.
// Reads a JSON list of templates and prints a JSON list of what each says, null where Go refuses it.
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"text/template"
)

type state struct {
	Status   string
	ExitCode int
}

type row struct {
	Names  string
	ID     string
	Count  int
	Zero   int
	Empty  string
	None   any
	Ports  []string
	Nested []map[string]any
	Labels map[string]string
	State  state
}

func (row) Label(name string) string {
	if name == "app" {
		return "shop"
	}
	return ""
}

var data = row{
	Names: "web",
	ID:    "0123456789ab",
	Count: 3,
	Ports: []string{"80/tcp", "443/tcp"},
	Nested: []map[string]any{
		{"Name": "a", "Tags": []string{"x"}},
		{"Name": "b", "Tags": []string{}},
	},
	Labels: map[string]string{"tier": "front", "app": "shop"},
	State:  state{Status: "running"},
}

var functions = template.FuncMap{
	"json": func(value any) (string, error) {
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		err := encoder.Encode(value)
		return strings.TrimSpace(out.String()), err
	},
	"split": strings.Split,
	"join":  strings.Join,
	"lower": strings.ToLower,
	"upper": strings.ToUpper,
	"title": strings.Title,
	"pad": func(text string, before, after int) string {
		if text == "" {
			return text
		}
		return strings.Repeat(" ", before) + text + strings.Repeat(" ", after)
	},
	"truncate": func(text string, length int) string {
		runes := []rune(text)
		if len(runes) < length {
			return text
		}
		return string(runes[:length])
	},
}

func said(text string) (answer *string) {
	defer func() {
		if recover() != nil { // a slice out of range in truncate
			answer = nil
		}
	}()
	parsed, err := template.New("").Funcs(functions).Parse(text)
	if err != nil {
		return nil
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, data); err != nil {
		return nil
	}
	all := out.String()
	return &all
}

func main() {
	var templates []string
	if err := json.NewDecoder(os.Stdin).Decode(&templates); err != nil {
		panic(err)
	}
	answers := []*string{}
	for _, text := range templates {
		answers = append(answers, said(text))
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}
