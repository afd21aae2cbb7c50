// Package ir is the model graph: the small tensor language in which a model
// plugin says what a network computes and an adapter plugin says what it
// changes. The messages are core/protocol's; this package gives them meaning:
//
//	Builder, RewriteBuilder   write graphs and rewrites in Go (plugin authors)
//	Check                     every mistake of a graph, with node and shapes
//	Apply                     graph + rewrite = graph
//	Expand                    graph → plain lists of nodes, shapes known
//	Count, Trainable          what trains, counted as PEFT counts
//	Merge                     how replaced layers fold back into weights
//	Initialize                the start values of a parameter
//	Print                     a graph as text
//
// # Values
//
// A value has a domain and feature axes. A value over positions is an array
// [batch, position, features…]; a parameter expression has feature axes only.
// Ops see feature axes alone, which is what makes the language position-wise:
// only Embedding introduces positions and only Attention mixes them. Decoding
// with a cache, padding and batching therefore need nothing from an author.
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
//	Reshape     x with n elements a position           → the given shape, n elements
//	Transpose   x of rank r, permutation of 0…r-1      → permuted
//	Slice       x, axis, start < end ≤ size            → that axis has end-start elements
//	Concat      x…, equal but for one axis             → that axis is the sum
//	Reduce      x, axis                                → without the axis, or 1
//	Rotary      x [B,T,heads,D], dimensions ≤ D, even  → the same shape
//	Attention   q [B,T,H,D], k, v [B,S,K,D], K divides H → [B,T,H,D]
//
// # Names
//
// Parameters, nodes and carries share one namespace. Inside a Repeat names of
// nodes hold "{i}" once; nodes outside hold none. A value inside a Repeat is
// seen by the nodes after it in the body; only carries leave it. An adapter's
// rewrite renames a replaced node N to "N@base".
//
// A graph comes from a plugin and is hostile until Check has passed: sizes are
// bounded (see the Max constants) and nothing here panics on bad input.
package ir
