// Package engine runs model graphs on GoMLX: it trains any subset of a graph's
// parameters and decodes with a key/value cache. It is the only package that
// imports GoMLX, and it runs in a worker process of its own, because XLA can
// take its process down.
//
//	graph + rewrite ── ir.Expand ──► network ── lowering ──► GoMLX graphs ──► XLA
//	checkpoint, trained weights ──► state: tensors on the device, one per parameter
//
// Weights are inputs of the compiled graphs and stay on the device between
// calls. They go there straight from the mapped files. States and frozen base
// weights are kept for the next call; adapters of one checkpoint share its
// tensors. Compiled graphs depend on shapes alone, so trials that differ only
// in weights or rates share them. Machine code of those that XLA compiled for
// the CPU is kept for other processes, too (package compiled).
//
// In bfloat16 (ModelState.precision) frozen weights are kept in half the
// memory, and linear layers multiply in bfloat16 and sum in f32; all else is
// f32. On a CPU that is faster for eight rows and more, slower for one.
//
// # Shapes and bits
//
// XLA compiles one program per shape, and rounding depends on the shape. All
// shapes are therefore rounded up to buckets, and chosen such that a result's
// bits do not depend on its company: a prompt is always prefilled alone, in
// the bucket of its own length, and decoded in a batch of fixed size whose
// other rows do not touch it; its tokens lie in places of its own, whenever it
// entered. The request says that size, or it follows from the number of its
// prompts of that bucket. A batch of training examples is chosen by seed
// alone; the shapes in which it is computed, a few for each set of examples,
// follow from the set and from what computing them is estimated to take.
//
// # Errors
//
// GoMLX builds graphs by panicking. Panics end at this package's boundary and
// become errors that name the node of the model graph. Weights are checked
// when they are loaded: a tensor that is missing, has another shape or holds a
// number that is not finite gives an error with its name.
package engine
