package engine

import (
	"math"
	"slices"
	"testing"
)

// Prompts of all lengths compile few programs: a prefill and a step for each
// padded length.
func TestPaddedPrompts(t *testing.T) {
	for _, c := range []struct{ longest, programs int }{{640, 8}, {2048, 10}, {4096, 12}} {
		padded := map[int]bool{}
		for size := 1; size <= c.longest; size++ {
			b := paddedPrompt(size)
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

func TestPaddedSizes(t *testing.T) {
	outputs := []int{8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256}
	for size := 1; size <= 256; size++ {
		at, _ := slices.BinarySearch(outputs, size)
		if got := paddedOutput(size); got != outputs[at] {
			t.Errorf("an output of %d is padded to %d, want %d", size, got, outputs[at])
		}
	}
	last := 0
	for size := 1; size <= 1<<16; size++ {
		b := paddedRow(size)
		if b < size || b%8 != 0 || b < last || (size > 128 && b-size >= size/8) {
			t.Fatalf("a row of %d is padded to %d, one of %d to %d", size, b, size-1, last)
		}
		last = b
	}
	// Sizes come from plugins: whatever they say, this ends.
	for _, f := range []func(int) int{paddedPrompt, paddedOutput, paddedRow} {
		f(math.MaxInt)
		f(0)
		f(math.MinInt)
	}
}
