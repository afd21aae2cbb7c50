package engine

import "math/bits"

// A program is compiled for each shape, so lengths are rounded up to few sizes.

// paddedPrompt is the length that a prompt of so many tokens is padded to: a
// power of two, at least 128. Each costs the compilation of two programs, and
// those of all lengths to 4096 are a dozen.
func paddedPrompt(tokens int) int { return max(128, powerOfTwo(tokens)) }

// paddedOutput is the room for so many new tokens, or the length of sequences
// whose values are wanted: a power of two or one and a half of one, at least 8.
func paddedOutput(tokens int) int {
	b := max(8, powerOfTwo(tokens))
	if smaller := b / 4 * 3; b > 8 && tokens <= smaller {
		return smaller
	}
	return b
}

// paddedRow is the length of a training row, or its number of labels: a
// multiple of 8 that grows coarser with the size.
func paddedRow(tokens int) int {
	step := 8
	for (tokens-1)/16 >= step {
		step *= 2
	}
	return (tokens + step - 1) / step * step
}

// powerOfTwo is the least that is not below n.
func powerOfTwo(n int) int { return 1 << bits.Len(uint(max(n, 1)-1)) }
