package score

// SameVerdict reports whether our verdict and a published one say the same in their different words. Published judges
// know no crash: to them it is a failed test.
func SameVerdict(ours, published string) bool {
	switch published {
	case Plausible:
		return ours == Passed
	case Wrong:
		return ours == Failed || ours == Crashed
	}
	return published != "" && ours == published
}
