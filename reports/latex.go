package reports

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/olekukonko/ll"
	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"
)

func writeLaTeX(w io.Writer, r *Report) error {
	io.WriteString(w, "% needs \\usepackage{booktabs}\n")
	if r.Title != "" {
		fmt.Fprintf(w, "%% %s\n", r.Title)
	}
	for _, t := range r.Tables {
		fmt.Fprintf(w, "\n\\begin{table}\n  \\centering\n  \\caption{%s}\n  \\label{tab:%s}\n", escapeLaTeX(t.Heading()), slug(t.Name))
		if len(t.Rows) == 0 {
			fmt.Fprintf(w, "  %s\n\\end{table}\n", nothing)
			continue
		}
		// Cells must not be wrapped: TeX breaks lines, and the renderer treats each line as a row.
		unwrapped := tablewriter.WithRowAutoWrap(tw.WrapNone)
		if err := render(w, t, &booktabs{levels: t.Header}, t.Columns, t.Rows, unwrapped, tablewriter.WithHeaderAutoWrap(tw.WrapNone)); err != nil {
			return err
		}
		io.WriteString(w, "\\end{table}\n")
	}
	if len(r.Notes) > 0 {
		io.WriteString(w, "\n\\begin{itemize}\n")
		for _, n := range r.Notes {
			fmt.Fprintf(w, "  \\item %s\n", escapeLaTeX(n))
		}
		io.WriteString(w, "\\end{itemize}\n")
	}
	return nil
}

// booktabs is a tablewriter renderer for LaTeX's booktabs package. It escapes all texts. tablewriter has only one header
// row, so grouped headings are passed in levels, and Header does nothing.
type booktabs struct {
	levels [][]string

	out    io.Writer
	rows   []string
	aligns strings.Builder // the tabular's column specification
}

var _ tw.Renderer = (*booktabs)(nil)

func (b *booktabs) Start(w io.Writer) error {
	b.out = w
	return nil
}

func (b *booktabs) Config() tw.Rendition {
	return tw.Rendition{Borders: tw.BorderNone, Symbols: tw.NewSymbols(tw.StyleNone)}
}

func (b *booktabs) Logger(*ll.Logger)                {}
func (b *booktabs) Line(tw.Formatting)               {}
func (b *booktabs) Header([][]string, tw.Formatting) {}
func (b *booktabs) Footer([][]string, tw.Formatting) {}

// Row keeps a row until the column specification is known.
func (b *booktabs) Row(row []string, ctx tw.Formatting) {
	first := b.aligns.Len() == 0
	cells := make([]string, len(row))
	for i, text := range row {
		c := ctx.Row.Current[i]
		if first {
			align := byte('l')
			if c.Align == tw.AlignRight {
				align = 'r'
			}
			b.aligns.WriteByte(align)
		}
		if merge := c.Merge.Hierarchical; merge.Present && !merge.Start {
			continue
		}
		cells[i] = escapeLaTeX(text)
	}
	b.rows = append(b.rows, strings.Join(cells, " & "))
}

func (b *booktabs) Close() error {
	var s strings.Builder
	fmt.Fprintf(&s, "  \\begin{tabular}{%s}\n    \\toprule\n", b.aligns.String())
	for level := range b.levels {
		b.heading(&s, level)
	}
	s.WriteString("    \\midrule\n")
	for _, row := range b.rows {
		fmt.Fprintf(&s, "    %s \\\\\n", row)
	}
	s.WriteString("    \\bottomrule\n  \\end{tabular}\n")
	_, err := io.WriteString(b.out, s.String())
	return err
}

// heading writes one level of headings; groups span their columns over a rule.
func (b *booktabs) heading(s *strings.Builder, level int) {
	names := b.levels[level]
	var cells, rules []string
	for from := 0; from < len(names); {
		to := from + 1
		for to < len(names) && !starts(b.levels, level, to) {
			to++
		}
		name := escapeLaTeX(names[from])
		switch {
		case level == len(b.levels)-1:
			cells = append(cells, name)
		case names[from] == "":
			cells = append(cells, make([]string, to-from)...)
		default:
			cells = append(cells, fmt.Sprintf("\\multicolumn{%d}{c}{%s}", to-from, name))
			rules = append(rules, fmt.Sprintf("\\cmidrule(lr){%d-%d}", from+1, to))
		}
		from = to
	}
	fmt.Fprintf(s, "    %s \\\\\n", strings.Join(cells, " & "))
	if len(rules) > 0 {
		fmt.Fprintf(s, "    %s\n", strings.Join(rules, " "))
	}
}

// escapeLaTeX escapes commands and ligatures. Brackets and stars are wrapped, since TeX reads one at the start of a row as
// an argument of the line end before it.
func escapeLaTeX(text string) string {
	var s strings.Builder
	var last rune
	for _, r := range text {
		switch r {
		case '\\':
			s.WriteString(`\textbackslash{}`)
		case '{', '}', '$', '&', '#', '_', '%':
			s.WriteRune('\\')
			s.WriteRune(r)
		case '~':
			s.WriteString(`\textasciitilde{}`)
		case '^':
			s.WriteString(`\textasciicircum{}`)
		case '<':
			s.WriteString(`\textless{}`)
		case '>':
			s.WriteString(`\textgreater{}`)
		case '|':
			s.WriteString(`\textbar{}`)
		case '`':
			s.WriteString(`\textasciigrave{}`)
		case '"':
			s.WriteString(`''`)
		case '[', ']', '*':
			s.WriteString("{" + string(r) + "}")
		case '-':
			if last == '-' {
				s.WriteString("{}")
			}
			s.WriteRune(r)
		case '–':
			s.WriteString("--")
		case '—':
			s.WriteString("---")
		case '…':
			s.WriteString(`\ldots{}`)
		case '×':
			s.WriteString(`$\times$`)
		case '±':
			s.WriteString(`$\pm$`)
		case '≤':
			s.WriteString(`$\le$`)
		case '≥':
			s.WriteString(`$\ge$`)
		default:
			s.WriteRune(r)
		}
		last = r
	}
	return s.String()
}

// slug turns a name into a valid \label.
func slug(name string) string {
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '-'
	}, name)
}
