// Package llama is the network that the Llama family and its descendants
// share: LlamaForCausalLM of transformers, with grouped queries, rotary
// positions of every kind that has one table of frequencies, biases, and tied
// or separate heads, as config.json says.
//
// What the configuration can say and the graph does not do is an error that
// names it.
package llama
