// Package reports turns scored trials into tables, and writes them for terminals, Markdown, LaTeX, CSV and JSON.
//
// [Build] and [Compare] pivot trials into a [Report]: labels become rows and columns, metrics become cells. [Write]
// renders a report; all formats show the same struct, including its notes. The same report always gives the same bytes:
// they do not depend on the order of a map, the locale, the clock or, unless the output is a terminal, on the width of a
// screen.
//
// # JSON
//
// The JSON form is stable: fields may be added, and none is renamed or removed.
//
//	study    its name; title beside it
//	tables   [{name, title, values, label_columns, header, columns, rows}]
//	           values         the metrics shown
//	           label_columns  how many of the columns, from the left, are row labels
//	           header         the column headings by level: one list per level, each as long as columns
//	           columns        the same headings as one string per column, levels joined by " / "
//	           rows           cells as text, one list per row, each as long as columns; "–" where nothing was measured
//	trials   [{labels {model, adapter, benchmark, prompt}, metrics {name: value},
//	           outcomes [{bug, verdicts [by rank], reasons, details, exact_match, unchanged, published, patches, refused,
//	                      unsound, unrecorded, labels}],
//	           training [{learning_rate, epoch, epochs, train_loss, validation_loss, validation_exact_match, diverged,
//	                      micro_batch, micro_batch_reduced, chosen}],
//	           judging {name: count}}]
//	agreements  of Compare, by benchmark: [{benchmark, candidates, void, same_pass, same_verdict, errors,
//	           unsound, unplaced,
//	           trials [{labels, candidates, void, same_pass, same_verdict}], void_by {class: candidates},
//	           disagreements [{class, labels, bug, rank (from 0), ours, published, pass, detail}]}]
//	notes    [text]
//
// # CSV
//
// Each table is a record "table", name, title, then a record of columns, then one per row, then an empty line. Notes
// follow as records "note", text. Records are of different lengths, as encoding/csv reads with FieldsPerRecord = -1.
package reports
