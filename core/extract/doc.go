// Package extract finds the code in a model's answer, by the rule that a study or a
// model family sets. Chat models put code between Markdown fences, with prose around it.
//
// A fence is a run of at least three backticks or tildes. It opens a block where it
// stands first on its line, whatever the indentation, with any words behind it; a run of
// backticks also does at the end of a line of prose, with at most one word behind it. The
// block ends at a line that holds nothing but a run of the same character, at least as
// long. A block of backticks also ends at such a run at the end of a line of code. A block
// that nothing ends goes on to the end of the answer: a limit of tokens may have cut it.
// A line with code between two runs of backticks is a block of its own. The indentation
// of the opening fence is removed from the block's lines. Nothing else is rewritten: HTML
// entities stay as they are.
package extract
