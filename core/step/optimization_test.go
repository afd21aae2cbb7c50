package step

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"harness/core/ir"
	pb "harness/core/protocol/harnesspb"
)

// trained is a network whose norm, bias and weight train.
func trained(t *testing.T) *network {
	t.Helper()
	b := ir.NewBuilder("small")
	table := b.Parameter("wte.weight", []int64{8, 4})
	gain := b.Parameter("norm.weight", []int64{4}, ir.Constant(1))
	bias := b.Parameter("head.bias", []int64{8}, ir.Constant(0))
	d := b.Decoder()
	d.Output(d.Linear("head", d.RMSNorm("norm", d.Embedding("wte", ir.Tokens, table), gain, 1e-6), table, bias))
	graph, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return &network{
		built:    &pb.BuildResponse{Graph: graph},
		attached: &pb.AttachResponse{Rewrite: &pb.Rewrite{Train: []string{"wte.weight", "head.bias"}}},
	}
}

func TestRecipeAsTheEngineHearsIt(t *testing.T) {
	net := trained(t)
	adamw := Optimization{Optimizer: "adamw", LearningRate: 1e-3, Betas: [2]float64{0.9, 0.999}, Epsilon: 1e-8,
		Schedule: "constant", BatchSize: 4, Clip: 1}
	base := func() *pb.TrainStart {
		return &pb.TrainStart{
			Optimizer: &pb.Optimizer{Name: "adamw", LearningRate: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8},
			Schedule:  &pb.Schedule{Name: "constant"}, BatchSize: 4, Clip: 1,
		}
	}
	for name, test := range map[string]struct {
		change func(*Optimization)
		want   func(*pb.TrainStart)
	}{
		"as it is": {func(*Optimization) {}, func(*pb.TrainStart) {}},
		"a share of warm-up is rounded up": {
			func(o *Optimization) { o.Schedule, o.TotalEpochs, o.WarmupShare = "linear", 3, 0.1 },
			func(s *pb.TrainStart) { s.Schedule = &pb.Schedule{Name: "linear", TotalSteps: 9, WarmupSteps: 1} },
		},
		"what decays spares biases and norms": {
			func(o *Optimization) { o.WeightDecay = 0.1 },
			func(s *pb.TrainStart) { s.Optimizer.WeightDecay, s.Optimizer.NoDecay = 0.1, []string{"head.bias"} },
		},
		"unless all shall": {
			func(o *Optimization) { o.WeightDecay, o.DecayAll = 0.1, true },
			func(s *pb.TrainStart) { s.Optimizer.WeightDecay = 0.1 },
		},
		"batches": {
			func(o *Optimization) {
				o.MicroBatch, o.Packing, o.PositionsFromPadding, o.Checkpointing = 2, true, true, "off"
			},
			func(s *pb.TrainStart) {
				s.MicroBatch, s.Pack, s.PositionsFromPadding = 2, true, true
				s.Checkpointing = pb.GradientCheckpointing_GRADIENT_CHECKPOINTING_OFF
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o, want := adamw, base()
			test.change(&o)
			test.want(want)
			got, err := o.message(net, 10)
			if err != nil {
				t.Fatal(err)
			}
			if !proto.Equal(got, want) {
				t.Errorf("got  %v\nwant %v", got, want)
			}
		})
	}
}

func TestWhatIsTooLong(t *testing.T) {
	example := &pb.TokenExample{Ids: make([]int32, 10), PromptLength: 6} // 6 and 4
	for name, test := range map[string]struct {
		limits Lengths
		want   bool
	}{
		"no limits":       {Lengths{}, false},
		"fits exactly":    {Lengths{Max: 10, MaxPrompt: 6, MaxTarget: 4}, false},
		"both parts":      {Lengths{Max: 9}, true},
		"prompt":          {Lengths{MaxPrompt: 5}, true},
		"target":          {Lengths{MaxTarget: 3}, true},
		"only the prompt": {Lengths{MaxPrompt: 6}, false},
	} {
		if got := test.limits.exceededBy(example); got != test.want {
			t.Errorf("%s: too long is %v", name, got)
		}
	}
}

func TestReducedMicroBatch(t *testing.T) {
	for _, test := range []struct {
		asked int
		used  int32
		want  bool
	}{{0, 4, false}, {0, 2, true}, {2, 2, false}, {2, 1, true}, {0, 0, false}} {
		if got := (Optimization{BatchSize: 4, MicroBatch: test.asked}).reduced(test.used); got != test.want {
			t.Errorf("asked for %d, used %d: reduced is %v", test.asked, test.used, got)
		}
	}
}

func TestIntersection(t *testing.T) {
	if got := intersection([]string{"a", "b", "d"}, []string{"b", "c", "d", "e"}); !slices.Equal(got, []string{"b", "d"}) {
		t.Errorf("found %v", got)
	}
}
