package programs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"harness/core/sdk/javasource"
	"harness/core/sdk/jsonlines"
)

// portableBug is a line of the portable form.
type portableBug struct {
	ID    string `json:"id"`
	Path  string `json:"path"`
	File  string `json:"file"`
	Hunks []struct {
		Start int     `json:"start"`
		End   int     `json:"end"`
		Fixed *string `json:"fixed"`
	} `json:"hunks"`
	Function *struct {
		Start int `json:"start"`
		End   int `json:"end"`
	} `json:"function"`
	FixedFile   string            `json:"fixed_file"`
	Tests       []file            `json:"tests"`
	TestClasses []string          `json:"test_classes"`
	Support     []string          `json:"support"`
	Labels      map[string]string `json:"labels"`
	Licence     string            `json:"licence"`
	Source      struct {
		Repo   string `json:"repo"`
		Commit string `json:"commit"`
		Path   string `json:"path"`
	} `json:"source"`
}

// openPortable reads the portable form.
func (d Definition) openPortable(ctx context.Context, dir string) (*suite, error) {
	helpers := map[string]file{}
	support := filepath.Join(dir, d.portableSupport())
	if _, err := os.Stat(support); err == nil {
		err := jsonlines.Each(ctx, support, func(_ int, data []byte) error {
			var helper struct {
				Name string `json:"name"`
				file
			}
			if err := jsonlines.Decode(data, &helper); err != nil {
				return err
			}
			if helper.Name == "" {
				return errors.New(`the field "name" is missing`)
			}
			helpers[helper.Name] = helper.file
			return checkFile(helper.file)
		})
		if err != nil {
			return nil, err
		}
	}
	s := &suite{}
	err := jsonlines.Each(ctx, filepath.Join(dir, d.portable()), func(_ int, data []byte) error {
		var bug portableBug
		if err := jsonlines.Decode(data, &bug); err != nil {
			return err
		}
		p, err := bug.program(helpers)
		if err != nil {
			return fmt.Errorf("bug %q: %w", bug.ID, err)
		}
		s.programs = append(s.programs, p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(s.programs) == 0 {
		return nil, fmt.Errorf("%s is empty", d.portable())
	}
	return s, s.sort()
}

// program checks a line of the portable form and converts it.
func (b portableBug) program(helpers map[string]file) (program, error) {
	p := program{id: b.ID, path: b.Path, text: b.File, tests: b.Tests, testClasses: b.TestClasses, labels: b.Labels, licence: b.Licence}
	if p.id == "" {
		return p, errors.New(`the field "id" is missing`)
	}
	if err := checkFile(file{b.Path, b.File}); err != nil {
		return p, err
	}
	if len(b.Hunks) == 0 || len(b.Tests) == 0 || len(b.TestClasses) == 0 {
		return p, errors.New(`"hunks", "tests" and "test_classes" must not be empty`)
	}
	text := rawLines(b.File)
	lines, next := len(text), 1
	for _, h := range b.Hunks {
		switch {
		case h.Fixed == nil:
			return p, fmt.Errorf(`the hunk of lines %d to %d lacks "fixed"`, h.Start, h.End)
		case h.Start < 1 || h.End < h.Start || h.End > lines+1:
			return p, fmt.Errorf("the hunk of lines %d to %d does not fit the file of %d lines", h.Start, h.End, lines)
		case h.Start < next:
			return p, fmt.Errorf("the hunk of lines %d to %d starts before line %d, the end of the previous one", h.Start, h.End, next)
		case strings.Join(text[h.Start-1:h.End-1], "") == *h.Fixed:
			return p, fmt.Errorf("the fix of lines %d to %d changes nothing", h.Start, h.End)
		}
		next = h.End
		p.hunks = append(p.hunks, Hunk{h.Start, h.End, *h.Fixed})
	}
	if b.FixedFile != "" && Apply(b.File, p.hunks) != b.FixedFile {
		return p, errors.New(`the hunks do not turn "file" into "fixed_file"`)
	}
	if f := b.Function; f != nil {
		p.function = javasource.Span{Start: f.Start, End: f.End}
		if first, last := p.hunks[0].Start, p.hunks[len(p.hunks)-1].End; f.Start < 1 || f.Start > first || f.End < last || f.End > lines+1 {
			return p, fmt.Errorf("the function of lines %d to %d does not contain the hunks, or exceeds the file of %d lines", f.Start, f.End, lines)
		}
	} else if found, ok := innermost(b.File, p.hunks); ok {
		p.function = found
	} else {
		return p, errors.New("no method contains all hunks")
	}
	for _, test := range b.Tests {
		if err := checkFile(test); err != nil {
			return p, err
		}
	}
	for _, name := range b.Support {
		helper, ok := helpers[name]
		if !ok {
			return p, fmt.Errorf("unknown helper %q", name)
		}
		p.support = append(p.support, helper)
	}
	if b.Source.Repo != "" {
		p.origin = strings.TrimRight(b.Source.Repo+"@"+b.Source.Commit, "@") + ", " + b.Source.Path
	}
	return p, nil
}

// checkFile refuses a file that cannot be part of a tree of Java sources.
func checkFile(f file) error {
	if !fs.ValidPath(f.Path) || strings.Contains(f.Path, "\\") || !strings.HasSuffix(f.Path, ".java") {
		return fmt.Errorf("%q is not a relative path of a Java file", f.Path)
	}
	if f.Text == "" {
		return fmt.Errorf("%s is empty", f.Path)
	}
	return nil
}
