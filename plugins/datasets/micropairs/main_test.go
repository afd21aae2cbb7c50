package main

import (
	"strings"
	"testing"

	"harness/core/sdk/dataset"
	"harness/core/sdk/plugintest"
)

func TestDescription(t *testing.T) {
	plugintest.Describe(t, "dataset", micropairs{})
}

func TestSamplesOverTheWire(t *testing.T) {
	d := plugintest.Dataset(t, micropairs{})
	samples := func(config string) ([]*dataset.Sample, error) {
		var out []*dataset.Sample
		err := d.Samples(t.Context(), &dataset.SamplesRequest{Config: []byte(config)}, func(s *dataset.Sample) error {
			out = append(out, s)
			return nil
		})
		return out, err
	}

	pairs, err := samples(`{"content":"pairs","count":20,"seed":1}`)
	if err != nil || len(pairs) != 20 {
		t.Fatalf("%d pairs, %v", len(pairs), err)
	}
	if p := pairs[0].GetPair(); !strings.HasSuffix(p.GetFixed(), "\n") || p.GetBuggy() == p.GetFixed() {
		t.Errorf("not a pair: %v", p)
	}
	texts, err := samples(`{"content":"text","count":20,"seed":1}`)
	if err != nil || len(texts) != 20 {
		t.Fatalf("%d texts, %v", len(texts), err)
	}
	if !strings.Contains(texts[0].GetText(), "public static ") {
		t.Errorf("no method: %q", texts[0].GetText())
	}
	holes, err := samples(`{"content":"holes","count":20,"seed":1}`)
	if err != nil || len(holes) != 20 {
		t.Fatalf("%d holes, %v", len(holes), err)
	}
	if p := holes[0].GetPair(); p.GetBuggy() != "" || p.GetBefore() == "" || p.GetFixed() == "" {
		t.Errorf("not a hole: %v", p)
	}
	both, err := samples(`{"content":"text and holes","count":8,"seed":1}`)
	if err != nil || len(both) != 8 {
		t.Fatalf("%d texts and holes, %v", len(both), err)
	}
	for i, s := range both {
		if isHole := s.GetPair() != nil; isHole != (i%4 == 3) {
			t.Errorf("sample %d: %v", i, s)
		}
	}
	for _, config := range []string{
		`{"content":"pairs","count":0,"seed":1}`, `{"content":"pairs","count":1e9,"seed":1}`,
		`{"content":"prose","count":1,"seed":1}`, `{"content":"pairs","count":1,"seed":-1}`, `{"rows":1}`, `[`,
	} {
		if _, err := samples(config); err == nil {
			t.Errorf("%s: no error", config)
		}
	}
}
