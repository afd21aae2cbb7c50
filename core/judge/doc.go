// Package judge takes a candidate from its patch to a verdict. A benchmark
// plugin says what is to be run for a patched file and what the outcome means;
// a box of the sandbox runs it; each verdict becomes a record of the store, so
// that no patch of a bug is run twice. The package knows no language.
package judge
