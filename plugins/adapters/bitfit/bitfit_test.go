package main

import (
	"slices"
	"strings"
	"testing"

	"harness/core/ir"
	"harness/core/sdk/adapter"
	"harness/core/sdk/plugintest"
	"harness/plugins/adapters/internal/adaptertest"
)

func TestBiasesTrain(t *testing.T) {
	plugintest.Describe(t, "adapter", bitfit{})
	a := plugintest.Adapter(t, bitfit{})
	g := adaptertest.Network(t)
	r, err := a.Attach(t.Context(), &adapter.AttachRequest{Graph: g})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.GetRewrite().GetTrain(); !slices.Equal(got, []string{"h.{i}.ln.bias", "h.{i}.q.bias"}) {
		t.Errorf("%q train", got)
	}
	before, err := ir.Count(g, nil)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := ir.Count(g, r.GetRewrite())
	if err != nil || counts.All != before.All || counts.Trainable != adaptertest.Layers*(4+6) {
		t.Errorf("counts %v and %v", counts, err)
	}
	if r.GetPeft() != nil {
		t.Error("there is a PEFT format, of which PEFT knows nothing")
	}
}

func TestMistakes(t *testing.T) {
	b := ir.NewBuilder("n")
	d := b.Decoder()
	d.Output(d.Embedding("embed", ir.Tokens, b.Parameter("wte", []int64{9, 4}, ir.From("wte.weight"))))
	bare, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	for want, r := range map[string]*adapter.AttachRequest{
		"this model has none": {Graph: bare},
		"decoder":             {Graph: &ir.Graph{}},
		"rank":                {Graph: bare, Config: []byte(`{"rank": 3}`)},
	} {
		if _, err := (bitfit{}).Attach(t.Context(), r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
