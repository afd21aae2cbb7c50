package needs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"harness/core/needs"
)

// `make test-slow` runs tests by these names.
var slow = regexp.MustCompile(`^(TestSlow|TestHF)`)

// A test that is skipped unless HARNESS_SLOW is set, under a name that
// `make test-slow` does not run, would never run.
func TestSlowTestsAreNamedSo(t *testing.T) {
	found := 0
	err := filepath.WalkDir(needs.Root(t), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && strings.HasPrefix(entry.Name(), ".") {
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, "_test.go") || filepath.Dir(path) == filepath.Join(needs.Root(t), "core", "needs") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		gated := map[string]bool{} // functions of the file that are skipped where HARNESS_SLOW is not set
		for changed := true; changed; {
			changed = false
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && !gated[f.Name.Name] && calls(f, gated) {
					gated[f.Name.Name], changed = true, true
				}
			}
		}
		for name := range gated {
			found++
			if strings.HasPrefix(name, "Test") && !slow.MatchString(name) {
				t.Errorf("%s: %s runs only where HARNESS_SLOW is set: name it TestSlow…", path, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Error("no test is slow")
	}
}

// calls tells whether a function calls needs.Slow, or one of its file that does.
func calls(f *ast.FuncDecl, gated map[string]bool) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch called := call.Fun.(type) {
		case *ast.Ident:
			found = found || gated[called.Name]
		case *ast.SelectorExpr:
			of, ok := called.X.(*ast.Ident)
			found = found || ok && of.Name == "needs" && called.Sel.Name == "Slow"
		}
		return true
	})
	return found
}
