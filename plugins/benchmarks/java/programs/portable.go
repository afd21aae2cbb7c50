package programs

import (
	"context"
	"encoding/json"
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
	helpers, err := readHelpers(ctx, filepath.Join(dir, d.portableSupport()))
	if err != nil {
		return nil, err
	}
	s := &suite{}
	err = jsonlines.Each(ctx, filepath.Join(dir, d.portable()), func(_ int, data []byte) error {
		p, err := portableProgram(data, helpers)
		s.programs = append(s.programs, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(s.programs) == 0 {
		return nil, fmt.Errorf("%s is empty", d.portable())
	}
	return s, s.finish()
}

// readHelpers reads the helpers by name; there are none if the file is missing. A helper
// that cannot be used says why.
func readHelpers(ctx context.Context, path string) (map[string]file, error) {
	helpers := map[string]file{}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return helpers, nil
	}
	err := jsonlines.Each(ctx, path, func(_ int, data []byte) error {
		name, err := nameOf(data, "name")
		if err != nil {
			return err
		}
		var helper file
		err = jsonlines.Decode(data, &helper)
		if err == nil {
			err = checkFile(helper)
		}
		if other, ok := helpers[name]; ok && err == nil && other != helper {
			err = errors.New("it appears twice, with different texts")
		}
		if err != nil {
			helper = file{problem: fmt.Sprintf("the helper %q: %v", name, err)}
		}
		helpers[name] = helper
		return nil
	})
	return helpers, err
}

// nameOf returns the name of a line's object, which must have one.
func nameOf(data []byte, field string) (string, error) {
	var object map[string]json.RawMessage
	if err := jsonlines.Decode(data, &object); err != nil {
		return "", err
	}
	var name *string
	if err := json.Unmarshal(object[field], &name); err != nil && object[field] != nil {
		return "", fmt.Errorf("the field %q is not a string", field)
	}
	if name == nil || *name == "" {
		return "", fmt.Errorf("the field %q is missing", field)
	}
	return *name, nil
}

// portableProgram reads a line of the portable form: a bug, which is unsound if something
// is wrong with it. A line without an id is an error.
func portableProgram(data []byte, helpers map[string]file) (program, error) {
	id, err := nameOf(data, "id")
	if err != nil {
		return program{}, err
	}
	var bug portableBug
	err = jsonlines.Decode(data, &bug)
	bug.ID = id
	if err != nil {
		return program{id: id, unsound: err.Error()}, nil
	}
	p, err := bug.program(helpers)
	if err != nil {
		p.unsound = err.Error()
	}
	return p, nil
}

// program checks a line of the portable form and converts it. With an error, the hunks are
// those that the line has, or none if they do not fit.
func (b portableBug) program(helpers map[string]file) (program, error) {
	p := program{id: b.ID, path: b.Path, text: b.File, tests: b.Tests, testClasses: b.TestClasses, labels: b.Labels, licence: b.Licence}
	if b.Source.Repo != "" {
		p.origin = strings.TrimRight(b.Source.Repo+"@"+b.Source.Commit, "@") + ", " + b.Source.Path
	}
	if err := checkFile(file{Path: b.Path, Text: b.File}); err != nil {
		p.path, p.text = "", ""
		return p, err
	}
	var err error
	if p.hunks, p.function, err = b.fix(); err != nil {
		return p, err
	}
	if len(b.Tests) == 0 || len(b.TestClasses) == 0 {
		return p, errors.New(`it has no test: "tests" or "test_classes" is empty`)
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
		if helper.problem != "" {
			return p, errors.New(helper.problem)
		}
		p.support = append(p.support, helper)
	}
	return p, nil
}

// fix returns the hunks of a line and the method around them.
func (b portableBug) fix() ([]Hunk, javasource.Span, error) {
	nowhere := javasource.Span{}
	if len(b.Hunks) == 0 {
		return nil, nowhere, errors.New(`it has no fix: "hunks" is empty`)
	}
	var hunks []Hunk
	text := rawLines(b.File)
	lines, next := len(text), 1
	for _, h := range b.Hunks {
		switch {
		case h.Fixed == nil:
			return nil, nowhere, fmt.Errorf(`the hunk of lines %d to %d lacks "fixed"`, h.Start, h.End)
		case h.Start < 1 || h.End < h.Start || h.End > lines+1:
			return nil, nowhere, fmt.Errorf("the hunk of lines %d to %d does not fit the file of %d lines", h.Start, h.End, lines)
		case h.Start < next:
			return nil, nowhere, fmt.Errorf("the hunk of lines %d to %d starts before line %d, the end of the previous one", h.Start, h.End, next)
		case strings.Join(text[h.Start-1:h.End-1], "") == *h.Fixed:
			return nil, nowhere, fmt.Errorf("the fix of lines %d to %d changes nothing", h.Start, h.End)
		}
		next = h.End
		hunks = append(hunks, Hunk{h.Start, h.End, *h.Fixed})
	}
	if b.FixedFile != "" && Apply(b.File, hunks) != b.FixedFile {
		return nil, nowhere, errors.New(`the hunks do not turn "file" into "fixed_file"`)
	}
	if f := b.Function; f != nil {
		if first, last := hunks[0].Start, hunks[len(hunks)-1].End; f.Start < 1 || f.Start > first || f.End < last || f.End > lines+1 {
			return nil, nowhere, fmt.Errorf("the function of lines %d to %d does not contain the hunks, or exceeds the file of %d lines", f.Start, f.End, lines)
		}
		return hunks, javasource.Span{Start: f.Start, End: f.End}, nil
	}
	function, ok := innermost(b.File, hunks)
	if !ok {
		return nil, nowhere, errors.New("no method contains all hunks")
	}
	return hunks, function, nil
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
