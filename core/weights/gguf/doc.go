// Package gguf reads GGUF files, llama.cpp's format: metadata and tensors in one
// file, the tensors plain or quantized in blocks.
//
//	File         the file as it is: metadata, tensors under its own names
//	Checkpoint   the model in the form of a hub's folder: config.json, tokenizer
//	             files, tensors with Hugging Face's names and layout
//
// Quantized tensors are returned as F32, with the values of the reference
// implementation. Files are untrusted: every count and length is checked against the
// rest of the file before anything is allocated.
//
// This package does not use a library, because those for Go allocate the sizes that a
// file claims, or include a whole runtime.
package gguf
