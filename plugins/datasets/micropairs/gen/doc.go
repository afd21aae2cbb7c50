// Package gen writes the micropairs dataset: bug fixes in small Java methods,
// and documents for pretraining: such methods, and commits of them.
//
// A family writes a correct method line by line, drawing names, types,
// operators and constants. For a pair and for a commit, one mistake is then put
// into one line; the mistakes are those of the microbugs benchmark, but no method
// of the benchmark can come out, which a test shows. All is a function of a seed:
//
//	seed, index ─► source of choices ─► method ─┬─► mistake ─► Pair
//	                                            └─► document ─► text, Hole
//
// Commits show an old line and its new version as diffs and notes do. Who is
// pretrained on them has seen methods being corrected, but never in the form in
// which a prompt asks for it, nor a method of the benchmark.
package gen
