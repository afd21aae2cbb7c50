package study

import (
	"cmp"
	"io"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// Sources keeps the text that a study was read from, so that diagnostics can quote it.
type Sources struct {
	files map[string]*hcl.File
	order []string // of names, as read
}

func (s *Sources) add(name string, file *hcl.File) {
	if s.files[name] == nil {
		s.order = append(s.order, name)
	}
	s.files[name] = file
}

// WriteDiagnostics prints diagnostics with the lines that they are about. Details are wrapped at the width, 0 meaning
// not at all; colour is for terminals.
func (s *Sources) WriteDiagnostics(w io.Writer, diagnostics hcl.Diagnostics, width uint, colour bool) error {
	return hcl.NewDiagnosticTextWriter(w, s.files, width, colour).WriteDiagnostics(diagnostics)
}

// Sorted orders diagnostics by file and position, those without a place first, and drops repetitions: the expressions
// of a block with for_each are evaluated more than once.
func (s *Sources) Sorted(diagnostics hcl.Diagnostics) hcl.Diagnostics {
	place := func(d *hcl.Diagnostic) (file, start int) {
		if d.Subject == nil {
			return -1, 0
		}
		return slices.Index(s.order, d.Subject.Filename), d.Subject.Start.Byte
	}
	diagnostics = slices.Clone(diagnostics)
	slices.SortStableFunc(diagnostics, func(a, b *hcl.Diagnostic) int {
		fileA, startA := place(a)
		fileB, startB := place(b)
		return cmp.Or(cmp.Compare(fileA, fileB), cmp.Compare(startA, startB))
	})
	type identity struct {
		place           hcl.Range
		summary, detail string
	}
	seen := map[identity]bool{}
	return slices.DeleteFunc(diagnostics, func(d *hcl.Diagnostic) bool {
		id := identity{summary: d.Summary, detail: d.Detail}
		if d.Subject != nil {
			id.place = *d.Subject
		}
		repeated := seen[id]
		seen[id] = true
		return repeated
	})
}
