// Package java is what the model families share about Java text: the method
// around a bug without its comments, as prompts show it, and the way back from
// a model's output to lines of the buggy file.
//
// It knows strings, characters, text blocks and comments, and nothing else of
// the grammar, so that text that does not compile is no obstacle. All input is
// untrusted: a buggy file comes from a benchmark, an output from a model.
package java
