// Package lines handles what other processes print: Writer splits it into lines,
// Tail keeps the last of them.
package lines
