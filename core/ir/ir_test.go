package ir_test

import (
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
)

var update = flag.Bool("update", false, "write golden files anew")

// tiny is a network of every common shape of thing: a repeat with a carry, a
// template parameter, a shared table, attention.
func tiny(t testing.TB) *ir.Graph {
	t.Helper()
	b := ir.NewBuilder("tiny")
	table := b.Parameter("wte.weight", []int64{10, 4}, ir.From("wte.weight", "model.wte.weight"), ir.Normal(0.02))
	gain := b.Parameter("h.{i}.norm.weight", []int64{4}, ir.Templated(3), ir.From("h.{i}.norm.weight"), ir.Constant(1))
	qkv := b.Parameter("h.{i}.attn.qkv.weight", []int64{12, 4}, ir.Templated(3), ir.From("h.{i}.attn.qkv.weight"), ir.Normal(0.02))
	bias := b.Parameter("h.{i}.attn.qkv.bias", []int64{12}, ir.Templated(3), ir.Constant(0))
	d := b.Decoder()
	x := d.Embedding("wte", ir.Tokens, table)
	x = d.Repeat(3, "h", x, func(n *ir.Nodes, x ir.Value) ir.Value {
		y := n.RMSNorm("h.{i}.norm", x, gain, 1e-6)
		y = n.Linear("h.{i}.attn.qkv", y, qkv, bias)
		y = n.Reshape("h.{i}.attn.split", y, 3, 2, 2)
		part := func(name string, i int64) ir.Value {
			return n.Reshape("h.{i}.attn."+name, n.Slice("h.{i}.attn."+name+"_part", y, 0, i, i+1), 2, 2)
		}
		q := n.Rotary("h.{i}.attn.turned", part("q", 0), &ir.Rotary{Dimensions: 2, Theta: 10000})
		a := n.Attention("h.{i}.attn.attention", q, part("k", 1), part("v", 2), &ir.Attention{Mask: ir.Causal, Scale: 0.7})
		return n.Add("h.{i}.out", x, n.Dropout("h.{i}.drop", n.Reshape("h.{i}.attn.merged", a, 4), 0.1))
	})
	d.Output(d.Linear("head", x, table))
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// lora rewrites tiny's qkv as the adapter does.
func lora() *ir.Rewrite {
	b := ir.NewRewrite()
	down := b.Parameter("h.{i}.attn.qkv.A", []int64{2, 4}, ir.Templated(3), ir.Uniform(0.5))
	up := b.Parameter("h.{i}.attn.qkv.B", []int64{12, 2}, ir.Templated(3), ir.Constant(0))
	b.Replace("h.{i}.attn.qkv", func(n *ir.Nodes, original ir.Value) ir.Value {
		low := n.Linear("h.{i}.attn.qkv.low", "h.{i}.norm", down)
		return n.Add("h.{i}.attn.qkv.sum", original, n.Linear("h.{i}.attn.qkv.high", low, up))
	})
	return b.Rewrite()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update writes it anew):\n%s", path, diff)
	}
}

func TestPrint(t *testing.T) {
	golden(t, "tiny.txt", ir.Print(tiny(t)))
	after, err := ir.Apply(tiny(t), lora())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "tiny_lora.txt", ir.Print(after))
}

// node finds a node of the decoder.
func node(t testing.TB, g *ir.Graph, name string) *ir.Node {
	t.Helper()
	for _, item := range g.GetDecoder().GetItems() {
		for _, n := range append(item.GetRepeat().GetNodes(), item.GetNode()) {
			if n.GetName() == name {
				return n
			}
		}
	}
	t.Fatalf("no node %s", name)
	return nil
}

func TestEveryMistakeIsReportedOnceByName(t *testing.T) {
	g := tiny(t)
	g.Parameters[1].Shape = []int64{5}                                                 // does not fit x
	node(t, g, "h.{i}.attn.split").GetReshape().Shape = []int64{3, 2, 3}               // reported: its input is right
	node(t, g, "head").Inputs[1] = "wte.wieght"                                        // unknown
	g.GetDecoder().Items = append(g.GetDecoder().Items, &ir.Item{})                    // nothing
	g.Parameters = append(g.Parameters, &ir.Parameter{Name: "wte.weight", Shape: nil}) // a second one
	g.Parameters = append(g.Parameters, &ir.Parameter{Name: "a b"})
	err := ir.Check(g)
	var mistakes ir.Mistakes
	if !errors.As(err, &mistakes) {
		t.Fatalf("error %v, want Mistakes", err)
	}
	golden(t, "mistakes.txt", err.Error()+"\n")
}

func TestMistakesNameNodeAndShapes(t *testing.T) {
	repeat := func(g *ir.Graph) *ir.Repeat { return g.GetDecoder().GetItems()[1].GetRepeat() }
	for _, c := range []struct {
		name   string
		change func(g *ir.Graph)
		want   []string
	}{
		{"wrong weight", func(g *ir.Graph) { g.Parameters[2].Shape = []int64{12, 5} },
			[]string{`"h.{i}.attn.qkv"`, "[B,T,4]", "[12,5]", "5 features"}},
		{"wrong bias", func(g *ir.Graph) { g.Parameters[3].Shape = []int64{11} }, []string{`"h.{i}.attn.qkv"`, "[11]", "12 features"}},
		{"reshape of another size", func(g *ir.Graph) { node(t, g, "h.{i}.attn.merged").GetReshape().Shape = []int64{5} },
			[]string{`"h.{i}.attn.merged"`, "4 elements become 5"}},
		{"reshape overflows", func(g *ir.Graph) {
			node(t, g, "h.{i}.attn.merged").GetReshape().Shape = []int64{1 << 31, 1 << 31, 1 << 31, 4}
		}, []string{"more than"}},
		{"slice outside", func(g *ir.Graph) { node(t, g, "h.{i}.attn.v_part").GetSlice().End = 9 }, []string{`"h.{i}.attn.v_part"`, "2…9"}},
		{"negative axis", func(g *ir.Graph) { node(t, g, "h.{i}.attn.v_part").GetSlice().Axis = -1 }, []string{"axis -1"}},
		{"odd rotary", func(g *ir.Graph) { node(t, g, "h.{i}.attn.turned").GetRotary().Dimensions = 1 }, []string{"1 dimensions"}},
		{"no mask", func(g *ir.Graph) { node(t, g, "h.{i}.attn.attention").GetAttention().Mask = 0 }, []string{"unknown mask 0"}},
		{"NaN scale", func(g *ir.Graph) { node(t, g, "h.{i}.attn.attention").GetAttention().Scale = math.NaN() }, []string{"scale NaN"}},
		{"no op", func(g *ir.Graph) { node(t, g, "head").Op = nil }, []string{`"head"`, "no op"}},
		{"dropout of all", func(g *ir.Graph) { node(t, g, "h.{i}.drop").GetDropout().Rate = 1 }, []string{"rate 1"}},
		{"template outside", func(g *ir.Graph) { node(t, g, "head").Inputs[1] = "h.{i}.norm.weight" }, []string{"template, outside a repeat"}},
		{"another count", func(g *ir.Graph) { repeat(g).Count = 2 }, []string{"has 3 copies, in a repeat of 2"}},
		{"huge repeat", func(g *ir.Graph) { repeat(g).Count = math.MaxInt32 }, []string{"repeats 2147483647 times"}},
		{"carry changes", func(g *ir.Graph) { repeat(g).Carries[0].Next = "h.{i}.attn.qkv" }, []string{`carry "h"`, "[B,T,4]", "[B,T,12]"}},
		{"carry from nowhere", func(g *ir.Graph) { repeat(g).Carries[0].Initial = "x" }, []string{`carry "h"`, `"x"`}},
		{"name twice", func(g *ir.Graph) { node(t, g, "head").Name = "wte" }, []string{`"wte"`, "a node already has"}},
		{"implicit name", func(g *ir.Graph) { node(t, g, "head").Name = "tokens" }, []string{"implicit value"}},
		{"template name collides", func(g *ir.Graph) {
			g.Parameters = append(g.Parameters, &ir.Parameter{Name: "h.1.norm.weight", Shape: []int64{1}})
		}, []string{`becomes "h.1.norm.weight"`}},
		{"later value", func(g *ir.Graph) { node(t, g, "h.{i}.norm").Inputs[0] = "h.{i}.out" }, []string{"not visible here"}},
		{"no output", func(g *ir.Graph) { g.GetDecoder().Output = "" }, []string{"decoder", "output"}},
		{"output of a parameter", func(g *ir.Graph) { g.GetDecoder().Output = "wte.weight" }, []string{"output"}},
		{"no decoder", func(g *ir.Graph) { g.Decoder = nil }, []string{"decoder: is missing"}},
		{"infinite initializer", func(g *ir.Graph) {
			g.Parameters[0].Initializer = &ir.Initializer{Kind: &harnesspb.Initializer_Normal{Normal: float32(math.Inf(1))}}
		}, []string{"not finite"}},
		{"axis of nothing", func(g *ir.Graph) { g.Parameters[0].Shape[0] = 0 }, []string{`"wte.weight"`, "axis of 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := tiny(t)
			c.change(g)
			err := ir.Check(g)
			if err == nil {
				t.Fatal("no mistake found")
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %v does not say %q", err, part)
				}
			}
		})
	}
	if ir.Check(nil) == nil || ir.Check(&ir.Graph{}) == nil {
		t.Error("an empty graph is accepted")
	}
}

func TestExpandWritesRepeatsOut(t *testing.T) {
	p, err := ir.Expand(tiny(t))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, param := range p.Parameters {
		names = append(names, param.Name)
	}
	want := []string{"wte.weight"}
	for _, end := range []string{"norm.weight", "attn.qkv.weight", "attn.qkv.bias"} {
		for i := range 3 {
			want = append(want, ir.At("h.{i}."+end, i))
		}
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	steps := p.Decoder.Steps
	inputs := func(name string) []string {
		for _, s := range steps {
			if s.Name == name {
				return s.Inputs
			}
		}
		return nil
	}
	if got := inputs("h.0.norm")[0]; got != "wte" {
		t.Errorf("the first iteration reads %s, want wte", got)
	}
	if got := inputs("h.2.norm"); got[0] != "h.1.out" || got[1] != "h.2.norm.weight" {
		t.Errorf("the last iteration reads %v", got)
	}
	if got := inputs("head")[0]; got != "h.2.out" {
		t.Errorf("the head reads %s, want h.2.out", got)
	}
	if l := p.Decoder.Layers; len(l) != 3 || l[1].Entering[0] != "h.0.out" || l[1].Leaving[0] != "h.1.out" || !l[2].Last || l[1].Last {
		t.Errorf("layers %+v", l)
	}
}

func TestRewriteLeavesTheGraphAndSecondOnesAddUp(t *testing.T) {
	g := tiny(t)
	before := proto.Clone(g)
	once, err := ir.Apply(g, lora())
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(g, before) {
		t.Error("the graph was changed")
	}
	// What is replaced again keeps its name.
	scale := ir.NewRewrite()
	l := scale.Parameter("l", []int64{12}, ir.Constant(1))
	scale.Replace("h.{i}.attn.split", func(n *ir.Nodes, _ ir.Value) ir.Value {
		return n.Reshape("h.{i}.attn.scaled", n.Multiply("h.{i}.attn.times", "h.{i}.attn.qkv", l), 3, 2, 2)
	})
	twice, err := ir.Apply(once, scale.Rewrite())
	if err != nil {
		t.Fatal(err)
	}
	text := ir.Print(twice)
	if strings.Contains(text, "h.{i}.attn.split@base") {
		t.Error("a base that nothing reads was kept")
	}
	if !strings.Contains(text, "h.{i}.attn.qkv@base") {
		t.Error("a base that is read was dropped")
	}
}

func TestBadRewritesAreRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(r *ir.Rewrite)
		want   string
	}{
		{"unknown node", func(r *ir.Rewrite) { r.Replacements[0].Node = "nope" }, "no such node"},
		{"result elsewhere", func(r *ir.Rewrite) { r.Replacements[0].Result = "wte" }, "none of its nodes"},
		{"twice", func(r *ir.Rewrite) { r.Replacements = append(r.Replacements, r.Replacements[0]) }, "replaced twice"},
		{"empty", func(r *ir.Rewrite) { r.Replacements[0].Nodes = nil }, "no nodes"},
		{"trains nothing known", func(r *ir.Rewrite) { r.Train = []string{"*.lora_C"} }, `"*.lora_C"`},
		{"name taken", func(r *ir.Rewrite) { r.Parameters[0].Name = "wte.weight" }, "already has"},
		{"other shape", func(r *ir.Rewrite) { r.Parameters[1].Shape[0] = 13 }, "do not broadcast"},
		{"reads the future", func(r *ir.Rewrite) { r.Replacements[0].Nodes[0].Inputs[0] = "h.{i}.out" }, "not visible here"},
		{"reads itself", func(r *ir.Rewrite) { r.Replacements[0].Nodes[0].Inputs[0] = "h.{i}.attn.qkv" }, "not visible here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := lora()
			c.change(r)
			if _, err := ir.Apply(tiny(t), r); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestCountsAreOfDistinctParameters(t *testing.T) {
	for _, c := range []struct {
		name string
		r    *ir.Rewrite
		want ir.Counts
	}{
		{"nothing", nil, ir.Counts{All: 40 + 3*(4+48+12)}},
		{"all", &ir.Rewrite{Train: []string{"*"}}, ir.Counts{Trainable: 40 + 3*64, All: 40 + 3*64}},
		{"biases", &ir.Rewrite{Train: []string{"*.bias"}}, ir.Counts{Trainable: 36, All: 232}},
		{"one layer", &ir.Rewrite{Train: []string{"h.1.*"}}, ir.Counts{Trainable: 64, All: 232}},
		{"lora", lora(), ir.Counts{Trainable: 3 * 32, All: 232 + 3*32}},
		// PEFT keeps what an adapter freezes in buffers, which it does not count.
		{"lora with a frozen half", frozenLora(), ir.Counts{Trainable: 3 * 24, All: 232 + 3*24}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ir.Count(tiny(t), c.r)
			if err != nil || got != c.want {
				t.Errorf("%+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

// frozenLora is lora that does not train its first matrix.
func frozenLora() *ir.Rewrite {
	r := lora()
	r.Train = []string{"*.qkv.B"}
	return r
}

func TestFrozenAdditions(t *testing.T) {
	for _, c := range []struct {
		name string
		r    *ir.Rewrite
		want []string
	}{
		{"of nothing", nil, nil},
		{"of what trains", lora(), nil},
		{"of the graph", &ir.Rewrite{Train: []string{"*.bias"}}, nil},
		{"of a frozen half", frozenLora(), []string{"h.0.attn.qkv.A", "h.1.attn.qkv.A", "h.2.attn.qkv.A"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			after, err := ir.Apply(tiny(t), c.r)
			if err != nil {
				t.Fatal(err)
			}
			p, err := ir.Expand(after)
			if err != nil {
				t.Fatal(err)
			}
			frozen, err := p.Frozen(c.r)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, param := range frozen {
				got = append(got, param.Name)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		pattern2      bool
		target        bool
	}{
		{"h.{i}.attn.q", "h.{i}.attn.q", true, true},
		{"h.*.attn.q", "h.{i}.attn.q", true, true},
		{"h.*.attn.q", "h.12.attn.q", true, true},
		{"*", "anything", true, true},
		{"a*a", "a", false, false},
		{"*b*b*", "abab", true, true},
		{"*bb*", "abab", false, false},
		{"attn.q", "h.{i}.attn.q", false, true},
		{"q", "h.{i}.attn.qq", false, false},
		{"", "h", false, false},
	} {
		if got := ir.Match(c.pattern, c.name); got != c.pattern2 {
			t.Errorf("Match(%q, %q) is %v", c.pattern, c.name, got)
		}
		if got := ir.MatchTarget(c.pattern, c.name); got != c.target {
			t.Errorf("MatchTarget(%q, %q) is %v", c.pattern, c.name, got)
		}
	}
}

func TestStartValuesDependOnSeedAndNameOnly(t *testing.T) {
	p := ir.Param{Name: "w", Shape: []int64{50, 40}, Initializer: &ir.Initializer{Kind: &harnesspb.Initializer_Normal{Normal: 2}}}
	draw := func(p ir.Param, seed uint64) []float32 {
		values, err := ir.Initialize(p, seed)
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	first := draw(p, 1)
	if !slices.Equal(first, draw(p, 1)) {
		t.Error("the same seed gives other values")
	}
	if slices.Equal(first, draw(p, 2)) {
		t.Error("another seed gives the same values")
	}
	other := p
	other.Name = "v"
	if slices.Equal(first, draw(other, 1)) {
		t.Error("another name gives the same values")
	}
	var sum, squares float64
	for _, v := range first {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	n := float64(len(first))
	if mean, deviation := sum/n, math.Sqrt(squares/n); math.Abs(mean) > 0.2 || math.Abs(deviation-2) > 0.15 {
		t.Errorf("mean %v, deviation %v; want 0 and 2", mean, deviation)
	}
	p.Initializer = &ir.Initializer{Kind: &harnesspb.Initializer_Uniform{Uniform: 0.5}}
	for _, v := range draw(p, 1) {
		if v < -0.5 || v >= 0.5 {
			t.Fatalf("uniform value %v outside ±0.5", v)
		}
	}
	p.Initializer = normOf("other", 1)
	if _, err := ir.Initialize(p, 1); err == nil || !strings.Contains(err.Error(), `"other"`) {
		t.Errorf("error %v, want one that names the other parameter", err)
	}
	p.Initializer = nil
	if _, err := ir.Initialize(p, 1); err == nil || !strings.Contains(err.Error(), `"w"`) {
		t.Errorf("error %v, want one that names the parameter", err)
	}
}

func normOf(name string, axis int32) *ir.Initializer {
	return &ir.Initializer{Kind: &harnesspb.Initializer_Norm{Norm: &harnesspb.Norm{Parameter: name, Axis: axis}}}
}

func TestNormsOfRowsAndColumns(t *testing.T) {
	matrix := []float32{3, 0, 4, 0, 2, 0}
	for _, c := range []struct {
		axis int
		want []float32
	}{{1, []float32{5, 2}}, {0, []float32{3, 2, 4}}} {
		got, err := ir.Norms(matrix, []int64{2, 3}, c.axis)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("over axis %d: %v and %v, want %v", c.axis, got, err, c.want)
		}
	}
	if _, err := ir.Norms(matrix, []int64{2, 2}, 1); err == nil {
		t.Error("a shape of another size is accepted")
	}
}

func TestNormsAsStartValues(t *testing.T) {
	for _, c := range []struct {
		name  string
		shape []int64
		from  *ir.Initializer
		want  string // "": it is fine
	}{
		{"of rows", []int64{3}, normOf("w.{i}", 1), ""},
		{"of columns", []int64{2}, normOf("w.{i}", 0), ""},
		{"of nothing", []int64{3}, normOf("v.{i}", 1), `"v.{i}"`},
		{"of another size", []int64{2}, normOf("w.{i}", 1), "is [3]"},
		{"over no axis", []int64{3}, normOf("w.{i}", 2), "axis 2"},
		{"of itself", []int64{3}, normOf("m.{i}", 1), "itself"},
		{"of one that exists once", []int64{9}, normOf("table", 1), "exists 0 times"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := ir.NewBuilder("n")
			table := b.Parameter("table", []int64{9, 2}, ir.From("table"))
			b.Parameter("w.{i}", []int64{3, 2}, ir.Templated(2), ir.From("w.{i}"))
			b.Parameter("m.{i}", c.shape, ir.Templated(2), func(p *ir.Parameter) { p.Initializer = c.from })
			d := b.Decoder()
			d.Output(d.Embedding("embed", ir.Tokens, table))
			g, err := b.Graph()
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want one with %q", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			p, err := ir.Expand(g)
			if err != nil {
				t.Fatal(err)
			}
			m, err := p.Parameter("m.1")
			if err != nil || m.Initializer.GetNorm().GetParameter() != "w.1" {
				t.Errorf("the start value is %v, %v; want one of w.1", m.Initializer, err)
			}
		})
	}
}

func TestNormsAndBiases(t *testing.T) {
	p, err := ir.Expand(tiny(t))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"h.0.attn.qkv.bias", "h.0.norm.weight", "h.1.attn.qkv.bias", "h.1.norm.weight", "h.2.attn.qkv.bias", "h.2.norm.weight",
	}
	if diff := cmp.Diff(want, p.NormsAndBiases()); diff != "" {
		t.Errorf("parameters that do not decay (-want +got):\n%s", diff)
	}
}
