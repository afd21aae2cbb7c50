// Package gguf reads GGUF files, llama.cpp's format: metadata and tensors in one
// file, the tensors plain or quantized in blocks.
//
//	File         the file as it is: metadata, tensors under its own names
//	Checkpoint   a model in it, as a hub's folder would hold it: config.json,
//	             tokenizer files, tensors under Hugging Face's names and in its
//	             layout
//
// Quantized tensors are given as F32, with the values that the reference
// implementation gives. A file is not trusted: every count and length is
// checked against what is left of the file before anything is allocated.
//
// Written here rather than taken from a library: those for Go allocate by what
// a file claims, or bring a whole runtime along.
package gguf
