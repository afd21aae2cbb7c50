package engine

import (
	"testing"

	"harness/core/protocol/harnesspb"
)

// TestBatchFollowsFromTheRequest: few prompts have few rows, many as many as
// are decoded side by side, and a size that the request says is kept.
func TestBatchFollowsFromTheRequest(t *testing.T) {
	for _, c := range []struct {
		asked, beams int32
		prompts      int
		want         int
	}{
		{prompts: 1, want: 1},
		{prompts: 3, want: 4},
		{prompts: 8, want: 8},
		{prompts: 17, want: 32},
		{prompts: 500, want: 32},
		{beams: 10, prompts: 1, want: 1},
		{beams: 10, prompts: 40, want: 3},
		{beams: 4, prompts: 30, want: 8},
		{beams: 64, prompts: 5, want: 1},
		{asked: 5, prompts: 1, want: 5},
		{asked: 64, prompts: 500, want: 64},
	} {
		d := &harnesspb.Decoding{Decode: "greedy", MaxNewTokens: 8, BatchSize: c.asked}
		if c.beams > 0 {
			d.Decode, d.Beams = "beam", c.beams
		}
		if got := shapeOf(d, 128, c.prompts).prompts; got != c.want {
			t.Errorf("%d prompts, %d beams, a size of %d: %d side by side, want %d", c.prompts, c.beams, c.asked, got, c.want)
		}
	}
}
