// Package llama is the network that the Llama family and its descendants
// share: LlamaForCausalLM of transformers, with grouped queries, every kind of
// rotary positions that has one table of frequencies, biases, and tied or
// separate heads, as config.json says.
//
// A setting that the graph does not support is an error that names the setting.
package llama
