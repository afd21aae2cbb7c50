// Package compiled keeps what XLA compiled, so that another process, or the next
// run, need not compile the same program again. Compiling takes seconds a program,
// and most of the time of a small study.
//
// PJRT can write a compiled program down and load it again, but go-xla has no method
// for either. What it does have is a way to register a runtime that is loaded
// already: here, one whose table of calls is the runtime's own but for the call that
// compiles.
//
// A program is kept under the SHA-256 of all that decides its machine code: the
// program's text, the options, the runtime's own digest, the processor and how many
// of its cores this process may use, by which XLA splits up the work. A file that
// is not as it was written is not loaded, and written anew.
package compiled
