// Package engine runs model graphs on GoMLX: it trains any subset of a graph's
// parameters and decodes with a key/value cache. It is the only package that
// imports GoMLX, and it runs in its own worker process, because XLA can crash the
// process.
//
//	graph + rewrite ── ir.Expand ──► network ── lowering ──► GoMLX graphs ──► XLA
//	checkpoint, trained weights ──► state: tensors on the device, one per parameter
//
// Weights are inputs of the compiled graphs and stay on the device between calls.
// They are copied there directly from the mapped files. States and frozen base
// weights are kept for the next call; adapters of one checkpoint share its tensors.
// Compiled graphs depend on shapes alone, so trials that differ only in weights or
// rates share them. The machine code that XLA compiles for the CPU is also kept for
// other processes (package compiled).
//
// In bfloat16 (ModelState.precision), frozen weights take half the memory, and
// linear layers multiply in bfloat16 and sum in f32; everything else is f32. On a
// CPU that is faster for eight or more rows, and slower for one.
//
// # Shapes and bits
//
// XLA compiles one program per shape, and rounding depends on the shape. All shapes
// are therefore rounded up to buckets, and chosen so that the bits of a prompt's
// result do not depend on the other prompts. A prompt is always prefilled alone, in
// the bucket of its own length, and decoded in a batch of fixed size whose other
// rows do not affect it; the places of its tokens do not depend on when it entered
// the batch. The request gives the size of the batch, or the number of its prompts
// in that bucket determines the size. The seed alone decides which training examples
// form a batch; the shapes in which it is computed, a few for each set of examples,
// depend on the set and on the estimated cost of computing them.
//
// # Errors
//
// GoMLX reports errors in graph building by panicking. This package recovers the
// panics and returns errors that name the node of the model graph. It checks weights
// when it loads them: a tensor that is missing, has the wrong shape or contains a
// number that is not finite gives an error with its name.
package engine
