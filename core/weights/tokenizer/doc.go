// Package tokenizer turns text into a model's token ids and back, exactly as
// Hugging Face's tokenizers library does with the same files, and trains
// byte-level BPE vocabularies.
//
// A tokenizer is a pipeline of parts, each named by a "type" in tokenizer.json:
//
//	text ─► added tokens cut out ─► normalizer ─► pre-tokenizer ─► BPE ─► post-processor ─► ids
//	ids ─► tokens ─► decoder ─► text
//
// An unknown part is an error that names it; the package never guesses.
package tokenizer
