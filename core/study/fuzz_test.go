package study_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"harness/core/protocol/harnesspb"
	"harness/core/study"
)

// FuzzLoad feeds any text: Load must give a study or errors, and print them.
func FuzzLoad(f *testing.F) {
	cases, err := filepath.Glob("testdata/*.hcl")
	if err != nil || len(cases) == 0 {
		f.Fatalf("no cases: %v", err)
	}
	for _, file := range cases {
		source, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(source), "1")
	}
	f.Add(`study "s" { seed = var.x }
variable "x" { type = object({a = list(optional(string))}) }`, "{a = [null]}")
	f.Add(`locals { a = local.b["x"][0].*.c`+"\n"+` b = { for k, v in local : k => v... } }`, "")
	f.Add(`adapter "lora" "a" { for_each = { (null) = 1 } }`, `"${`)
	f.Fuzz(func(t *testing.T, source, value string) {
		check(t, source, study.Options{Plugins: plugins(), Variables: map[string]string{"x": value, "replay": value}})
	})
}

func check(t *testing.T, source string, options study.Options) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "study.hcl")
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	s, sources, diagnostics := study.Load(t.Context(), file, options)
	if (s == nil) != diagnostics.HasErrors() {
		t.Fatalf("a study and errors exclude each other; study: %v, errors: %v", s != nil, diagnostics)
	}
	var text bytes.Buffer
	if err := sources.WriteDiagnostics(&text, diagnostics, 80, true); err != nil {
		t.Fatal(err)
	}
	if s != nil {
		marshal(t, s)
	}
}

// one is a PluginSource with one adapter, whose schema is under test.
type one struct{ description *harnesspb.Description }

func (o one) Names(kind string) []string {
	switch kind {
	case "adapter":
		return []string{"a"}
	case "model":
		return []string{"m"}
	}
	return nil
}

func (o one) Describe(_ context.Context, kind, _ string) (*harnesspb.Description, error) {
	if kind == "model" {
		return &harnesspb.Description{Generates: true}, nil
	}
	return o.description, nil
}

// FuzzSchema lets a hostile plugin describe its block.
func FuzzSchema(f *testing.F) {
	f.Add("x", `"number"`, "1", "v = 1")
	f.Add("x", `["object",{"a":["list","string"],"b":"dynamic"},["b"]]`, `{"a":["x"]}`, `x = { a = [1], b = null }`)
	f.Add("x", `["tuple",["string",["map","bool"]]]`, `["a",{"b":true}]`, `x = ["a", {}]`)
	f.Add("x", `["set",["set","number"]]`, `[[1],[1,2]]`, "x = [[1e999]]")
	f.Add("for_each", "string", `"a"`, "for_each = toset([])")
	f.Add("", "capsule", `{`, "")
	f.Add("x", `["object",{},["b"]]`, "", "")
	f.Add("x", `"string"`, "1e999999999", "x = 1e999999999")
	f.Add("x", `["object",{"":"string"},["",""]]`, `{"":null}`, `x = { "" = "y" }`)
	f.Fuzz(func(t *testing.T, name, kind, fallback, body string) {
		schema := &harnesspb.Schema{Attributes: []*harnesspb.Attribute{
			{Name: name, Type: kind, DefaultJson: fallback},
			{Name: "bare", Type: kind, OneOf: []string{name}},
		}}
		schema.Blocks = []*harnesspb.Block{nil, {Name: "block", Schema: &harnesspb.Schema{Attributes: schema.Attributes}, Maximum: 1}}
		if len(name)%2 == 0 {
			schema.Blocks = schema.Blocks[1:]
		}
		source := "study \"s\" {}\nmodel \"m\" \"m\" {}\nbenchmark \"b\" \"b\" {}\nadapter \"a\" \"a\" {\n" + body + "\n}\n"
		check(t, source, study.Options{Plugins: one{&harnesspb.Description{Recorded: true, Schema: schema}}})
	})
}
