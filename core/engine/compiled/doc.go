// Package compiled caches programs that XLA compiled, so that other processes and
// later runs need not compile them again. Compiling takes seconds per program, and
// most of the time of a small study.
//
// PJRT can serialize a compiled program and load it again, but go-xla has no method
// for either. go-xla can register a runtime that is already loaded, so this package
// registers one with the runtime's own table of calls, except for the call that
// compiles.
//
// The key of a program is the SHA-256 of everything that determines its machine
// code: the program's text, the options, the runtime's own digest, the processor,
// and how many of its cores this process may use, since XLA splits the work over
// them. A damaged file is not loaded, but replaced.
package compiled
