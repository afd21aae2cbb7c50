package step

import (
	"testing"

	pb "harness/core/protocol/harnesspb"
)

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
		asked, used int32
		want        bool
	}{{0, 4, false}, {0, 2, true}, {2, 2, false}, {2, 1, true}, {0, 0, false}} {
		if got := reduced(&pb.Recipe{BatchSize: 4, MicroBatch: test.asked}, test.used); got != test.want {
			t.Errorf("asked for %d, used %d: reduced is %v", test.asked, test.used, got)
		}
	}
}
