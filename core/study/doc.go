// Package study reads the study language: an HCL file that says which models, adapters and benchmarks a study
// crosses, how it trains and decodes, and which tables come of it.
//
// Load works in this order, and every stage goes on after a mistake, so that one run reports them all:
//
//  1. The file is parsed. Mistakes of syntax end here, since what stands behind them cannot be trusted.
//  2. Blocks are sorted by type and name; each that can be referred to becomes a symbol.
//  3. The plugins that blocks name are asked for their schemas, all at once.
//  4. Symbols are evaluated when something refers to them, then all that are left. A symbol is evaluated once; one that
//     refers to itself in a circle is reported with the circle.
//  5. Bodies are decoded against a schema: the plugin's for its blocks, this package's own for the others. Both go
//     through the same code, so a mistake in a third party's block is reported like one in ours.
//  6. What only shows when blocks are seen together is checked.
//
// A mistake is reported where it is made and nowhere else: what depends on it becomes unknown, and unknown values are
// not reported.
//
// # Blocks
//
// Every attribute has a description beside its type, bounds and default. Diagnostics, Language and with it `harness
// docs` take what they say from there, so there is no list of attributes anywhere else.
//
// A setting that is written but has no effect beside the others is a mistake. As in all HCL, a block on one line holds
// at most one attribute: adapter "lora" "r8" { rank = 8 }.
//
// # References
//
// var.NAME, local.NAME, prompt.NAME and model.TYPE.NAME (adapter, dataset, benchmark alike). A block is an object of
// its attributes, defaults filled in, and of kind, type and name, which win over attributes called so. A shorter
// reference is an object of all that is below it: model.codegen holds every CodeGen model by name.
//
// A model or adapter with for_each, a map or a set, stands for one block an element, named NAME-KEY; its body may use
// each.key and each.value, and a reference to it is an object by key.
//
// # Functions
//
// Expressions may call the functions of HCL's standard library; file reads a text of at most 1 MiB below the study's
// folder, and pathexpand replaces a leading ~ by the home folder. Language lists them all.
package study
