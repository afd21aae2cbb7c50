package engine

import "math/bits"

// XLA compiles a program for each shape, so lengths are rounded up to few sizes.

// paddedPrompt is the padded length of a prompt with this many tokens: a power of
// two, at least 128. Each length needs the compilation of two programs; all lengths
// up to 4096 need a dozen.
func paddedPrompt(tokens int) int { return max(128, powerOfTwo(tokens)) }

// paddedOutput is the padded number of new tokens, or the padded length of sequences
// in Forward: a power of two, or 1.5 times a power of two, and at least 8.
func paddedOutput(tokens int) int {
	b := max(8, powerOfTwo(tokens))
	if smaller := b / 4 * 3; b > 8 && tokens <= smaller {
		return smaller
	}
	return b
}

// paddedRow is the padded length of a training row, or its padded number of labels: a
// multiple of 8, in steps that grow with the size.
func paddedRow(tokens int) int {
	step := 8
	for (tokens-1)/16 >= step {
		step *= 2
	}
	return (tokens + step - 1) / step * step
}

// powerOfTwo is the least power of two that is not below n.
func powerOfTwo(n int) int { return 1 << bits.Len(uint(max(n, 1)-1)) }
