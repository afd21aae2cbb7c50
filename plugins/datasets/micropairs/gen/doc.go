// Package gen writes the micropairs dataset: bug fixes in small Java methods,
// and correct methods as plain text for pretraining.
//
// A family writes a correct method line by line, drawing names, types,
// operators and constants. For a pair, one mistake is then put into one line;
// the mistakes are those of the microbugs benchmark, but no method of the
// benchmark can come out, which a test shows. All is a function of a seed:
//
//	seed, index ─► source of choices ─► method ─► mistake ─► Pair
//	                                        └──► twins, overloads ─► text
package gen
