// Package similarity finds program texts, in any language, that equal, contain or nearly
// equal one of a set of others. It is used to find training samples that would teach a
// model the bugs with which it is measured.
//
// # What is compared
//
// A text is compared as a sequence of tokens: words (letters, digits, _ and $), quoted
// literals (within a line), and single other characters. White space is not a token, and
// neither is a comment in the form of most languages: from // or # to the end of the line,
// and between /* and */. In a language in which these have another meaning, the text
// after them is ignored in both texts, so that more texts are found similar, never fewer.
//
// Two texts are equal if their tokens are. A text contains another one if the tokens of
// that are a run of its own. The similarity of others is the Jaccard index of their
// shingles, runs of three tokens: the number of shingles that both have, divided by the
// number that either has. It is strict for short texts: in a text of fewer than 29 tokens,
// one more token takes the index below 0.8.
//
// # How texts are found
//
// MinHash signatures, divided into bands, select the few texts that may be similar enough;
// then the index is computed from the shingles and decides. A hash never makes texts
// similar. It can only miss one, and the bands are chosen so that a text exactly at the
// threshold is missed once in a million times, and a more similar one far less often.
package similarity
