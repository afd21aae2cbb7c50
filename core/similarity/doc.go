// Package similarity finds texts of programs that equal, contain or nearly
// equal one of a set of others, whatever their language: training samples that
// would teach a model the bugs that it is to be measured on.
//
// # What is compared
//
// A text counts as its sequence of tokens: words (letters, digits, _ and $),
// quoted literals (within a line), and every other character by itself. White
// space is no token, nor is a comment as most languages write it: from // or #
// to the line's end, and between /* and */. In a language where these mean
// something else, what stands behind them is overlooked on both sides, so that
// more is found alike, never less.
//
// Two texts are equal if their tokens are. A text contains another whose
// tokens stand in it one after the other. How near two others are is the
// Jaccard index of their shingles, runs of three tokens: the share of those
// that both have among those that either has. It is strict on short texts: in
// one of fewer than 29 tokens another token takes the index below 0.8.
//
// # How it is found
//
// MinHash signatures, cut into bands, lead to the few texts that may be near
// enough; then the index itself decides, computed from the shingles. A hash
// never decides that texts are alike. It can only overlook one, and bands are
// chosen so that a text as near as the threshold is overlooked once in a
// million times; nearer ones are far less.
package similarity
