package reports

import (
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// nothing is the text of a table without rows.
const nothing = "No trial is finished."

func writeTerminal(w io.Writer, r *Report, s screen) error {
	bold := func(text string) string {
		if !s.bold || text == "" {
			return text
		}
		return "\x1b[1m" + text + "\x1b[0m"
	}
	if r.Title != "" {
		fmt.Fprintf(w, "%s\n\n", bold(r.Title))
	}
	for _, t := range r.Tables {
		fmt.Fprintln(w, bold(t.Heading()))
		if len(t.Rows) == 0 {
			fmt.Fprintf(w, "%s\n\n", nothing)
			continue
		}
		header := make([]string, len(t.Columns))
		for column := range header {
			// One line per level; a group is named over its first column.
			lines := make([]string, len(t.Header))
			for level, names := range t.Header {
				if starts(t.Header, level, column) {
					lines[level] = bold(names[column])
				}
			}
			header[column] = strings.Join(lines, "\n")
		}
		light := renderer.NewBlueprint(tw.Rendition{Symbols: tw.NewSymbols(tw.StyleLight)})
		if err := render(w, t, light, header, t.Rows, tablewriter.WithMaxWidth(s.width)); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(w, "• %s\n", n)
	}
	return nil
}

func writeMarkdown(w io.Writer, r *Report) error {
	if r.Title != "" {
		fmt.Fprintf(w, "# %s\n\n", escapeMarkdown(r.Title))
	}
	for _, t := range r.Tables {
		fmt.Fprintf(w, "## %s\n\n", escapeMarkdown(t.Heading()))
		if len(t.Rows) == 0 {
			fmt.Fprintf(w, "%s\n\n", nothing)
			continue
		}
		rows := make([][]string, len(t.Rows))
		for i, row := range t.Rows {
			rows[i] = escapeAll(row, escapeMarkdown)
		}
		// Markdown has one header row, so the levels are joined.
		if err := render(w, t, renderer.NewMarkdown(), escapeAll(t.Columns, escapeMarkdown), rows); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(w, "- %s\n", escapeMarkdown(n))
	}
	return nil
}

// escapeMarkdown escapes markup. Underscores inside words are not markup in GitHub's dialect.
func escapeMarkdown(text string) string {
	return strings.NewReplacer(`\`, `\\`, `|`, `\|`, "`", "\\`", `*`, `\*`, `[`, `\[`, `<`, `&lt;`, `&`, `&amp;`).Replace(text)
}

func escapeAll(texts []string, escape func(string) string) []string {
	escaped := make([]string, len(texts))
	for i, t := range texts {
		escaped[i] = escape(t)
	}
	return escaped
}

// render draws a table whose cells are escaped for r. Row labels are on the left, once per group, values on the right.
func render(w io.Writer, t Table, r tw.Renderer, header []string, rows [][]string, options ...tablewriter.Option) error {
	aligns := make([]tw.Align, len(t.Columns))
	labels := make([]int, t.LabelColumns)
	for i := range aligns {
		aligns[i] = tw.AlignRight
		if i < t.LabelColumns {
			aligns[i] = tw.AlignLeft
			labels[i] = i
		}
	}
	row := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoWrap: tw.WrapNormal, AutoFormat: tw.Off},
		Alignment:  tw.CellAlignment{PerColumn: aligns},
	}
	if len(labels) > 0 {
		row.Merging = tw.CellMerging{Mode: tw.MergeHierarchical, ByColumnIndex: tw.NewBoolMapper(labels...)}
	}
	table := tablewriter.NewTable(w, append([]tablewriter.Option{
		tablewriter.WithRenderer(r),
		// The widths of ambiguous characters must not depend on the locale.
		tablewriter.WithEastAsian(tw.Off),
		tablewriter.WithConfig(tablewriter.Config{
			Header: tw.CellConfig{
				Formatting: tw.CellFormatting{AutoWrap: tw.WrapNormal, AutoFormat: tw.Off},
				Alignment:  tw.CellAlignment{PerColumn: aligns},
			},
			Row:      row,
			Behavior: tw.Behavior{AutoHide: tw.Off, TrimSpace: tw.Off, TrimLine: tw.Off},
		}),
	}, options...)...)
	table.Header(header)
	for _, cells := range rows {
		if err := table.Append(cells); err != nil {
			return err
		}
	}
	return table.Render()
}

// starts reports whether a column begins a group at a header level: its name, or that of a group above it, differs from
// the previous column. At the lowest level every column is a group.
func starts(header [][]string, level, column int) bool {
	if column == 0 || level == len(header)-1 {
		return true
	}
	for _, names := range header[:level+1] {
		if names[column] != names[column-1] {
			return true
		}
	}
	return false
}
