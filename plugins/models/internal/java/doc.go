// Package java handles Java text for the model families: it extracts the method
// around a bug without its comments, as prompts show it, and turns a model's
// output back into lines of the buggy file.
//
// It recognizes strings, characters, text blocks and comments, and nothing else
// of the grammar, so it also works on text that does not compile. All input is
// untrusted: a buggy file comes from a benchmark, an output from a model.
package java
