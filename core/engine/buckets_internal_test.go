package engine

import "testing"

// TestPromptsCompileFewPrograms counts the programs of prompts of all lengths:
// a prefill and a step for each padded length.
func TestPromptsCompileFewPrograms(t *testing.T) {
	for _, c := range []struct{ longest, programs int }{{640, 8}, {2048, 10}, {4096, 12}} {
		padded := map[int]bool{}
		for size := 1; size <= c.longest; size++ {
			b := promptBucket(size)
			if b < size || (b > 128 && b >= 2*size) {
				t.Fatalf("a prompt of %d is padded to %d", size, b)
			}
			padded[b] = true
		}
		if got := 2 * len(padded); got > c.programs {
			t.Errorf("prompts of up to %d tokens compile %d programs, want at most %d", c.longest, got, c.programs)
		}
	}
}
