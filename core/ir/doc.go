// Package ir is the model graph: a small tensor language in which a model
// plugin describes a network and an adapter plugin describes its changes to the
// network. core/protocol defines the messages; this package defines their
// meaning:
//
//	Builder, RewriteBuilder   write graphs and rewrites in Go (plugin authors)
//	Check                     every mistake in a graph, with node and shapes
//	Apply                     graph + rewrite = graph
//	Expand                    graph → plain lists of nodes, shapes known
//	Count, Trainable          trained parameters, counted as PEFT counts them
//	Merge                     how replaced layers fold back into weights
//	Initialize                the initial values of a parameter
//	Print                     a graph as text
//
// # Values
//
// A value has a domain and feature axes. A value over positions is an array
// [batch, position, features…]; a parameter expression has feature axes only.
// Ops see feature axes alone, so the language is position-wise: only Embedding
// introduces positions and only Attention mixes them. Plugin authors therefore
// need not handle padding, batching or decoding with a cache.
// Printed types show the hidden axes as letters: [B,T,…] over the stack's own
// positions, [B,S,…] over the encoder's.
//
// # Ops
//
//	Embedding   ids [B,T] i32, table [V,F]            → [B,T,F]
//	Linear      x […,I], weight [O,I], bias? [O]       → […,O]   (weight_in_out: weight [I,O])
//	MatMul      a [M,K], b [K,N], both expressions     → [M,N]   (after the transposes)
//	Binary      a, b, broadcast from the last axis     → broadcast shape
//	Unary, Scale, Softmax, Dropout, Cast   x           → the same shape
//	LayerNorm   x […,F], gain [F], bias? [F]           → […,F]
//	RMSNorm     x […,F], gain [F]                      → […,F]
//	Reshape     x with n elements per position         → the given shape, n elements
//	Transpose   x of rank r, permutation of 0…r-1      → permuted
//	Slice       x, axis, start < end ≤ size            → that axis has end-start elements
//	Concat      x…, equal except for one axis          → that axis is the sum
//	Reduce      x, axis                                → without the axis, or 1
//	Rotary      x [B,T,heads,D], dimensions ≤ D, even  → the same shape
//	Attention   q [B,T,H,D], k, v [B,S,K,D], K divides H → [B,T,H,D]
//
// # Names
//
// Parameters, nodes and carries share one namespace. The names of nodes inside
// a Repeat contain "{i}" once; names outside do not. A value inside a Repeat is
// visible to later nodes of the body; only carries are visible after it. An
// adapter's rewrite renames a replaced node N to "N@base".
//
// A graph comes from a plugin and is untrusted until Check has passed: sizes
// are bounded (see the Max constants) and nothing here panics on bad input.
package ir
