package reports_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"harness/core/score"
	"harness/reports"
)

func labelled(labels ...string) score.Trial {
	t := score.Trial{Labels: map[string]string{}, Metrics: map[string]float64{"bugs": float64(len(labels))}}
	for i := 0; i < len(labels); i += 2 {
		t.Labels[labels[i]] = labels[i+1]
	}
	return t
}

func TestBuildOrdersByFirstAppearance(t *testing.T) {
	trials := []score.Trial{
		labelled("model", "z", "adapter", "none"),
		labelled("model", "a", "adapter", "lora"),
		labelled("model", "z", "adapter", "lora"),
		labelled("model", "a", "adapter", "none"),
	}
	r, err := reports.Build("s", "", []reports.TableSpec{{Name: "t", Rows: []string{"model", "adapter"}, Values: []string{"bugs"}}}, trials, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"z", "none", "4"}, {"z", "lora", "4"}, {"a", "none", "4"}, {"a", "lora", "4"}}
	if diff := cmp.Diff(want, r.Tables[0].Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestCheck(t *testing.T) {
	trials := []map[string]string{
		{"model": "a", "adapter": "none", "prompt": "with"},
		{"model": "a", "adapter": "none", "prompt": "without"},
	}
	tests := []struct {
		name  string
		specs []reports.TableSpec
		want  []string // parts of the error; none if there is no error
	}{
		{"all labels named", []reports.TableSpec{{Name: "t", Rows: []string{"model"}, Columns: []string{"prompt"}, Values: []string{"v"}}}, nil},
		{"no tables", nil, nil},
		{"no values", []reports.TableSpec{{Name: "t", Rows: []string{"prompt"}}}, []string{`table "t"`, "no values"}},
		{"unknown label", []reports.TableSpec{{Name: "t", Rows: []string{"modle", "prompt"}, Values: []string{"v"}}}, []string{`unknown label "modle"`, `"adapter", "model", "prompt"`}},
		{"label twice", []reports.TableSpec{{Name: "t", Rows: []string{"prompt"}, Columns: []string{"prompt"}, Values: []string{"v"}}}, []string{`"prompt" is used twice`}},
		{"trials that share a cell", []reports.TableSpec{{Name: "t", Rows: []string{"model"}, Values: []string{"v"}}}, []string{"share a cell", `put "prompt" into rows or columns`}},
		{"all mistakes at once", []reports.TableSpec{{Name: "t1"}, {Name: "t2", Rows: []string{"x"}, Values: []string{"v"}}}, []string{`table "t1": no values`, `table "t1": the trials`, `table "t2": unknown label "x"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := reports.Check(tt.specs, trials)
			if (err != nil) != (len(tt.want) > 0) {
				t.Fatalf("error is %v, want one: %t", err, len(tt.want) > 0)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error does not say %q:\n%v", part, err)
				}
			}
		})
	}
	twice := []map[string]string{trials[0], maps.Clone(trials[0])}
	err := reports.Check([]reports.TableSpec{{Name: "t", Rows: []string{"model"}, Values: []string{"v"}}}, twice)
	if err == nil || !strings.Contains(err.Error(), "given twice") {
		t.Errorf("a trial that is given twice: %v", err)
	}
}

func TestBuildOfWhatIsNotThere(t *testing.T) {
	spec := []reports.TableSpec{{Name: "t", Rows: []string{"model"}, Values: []string{"bugs", "pas@1"}}}

	r, err := reports.Build("s", "S", spec, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"terminal", "markdown", "latex"} {
		if got := write(t, r, format); !strings.Contains(got, "No trial is finished.") {
			t.Errorf("%s of no trials:\n%s", format, got)
		}
	}
	if got := write(t, r, "json"); strings.Contains(got, "null") {
		t.Errorf("an empty list is null:\n%s", got)
	}

	odd := labelled("model", "a")
	odd.Metrics["validation.loss"] = math.NaN()
	odd.Metrics["train.loss"] = math.Inf(1)
	odd.Outcomes = []score.Outcome{{Bug: "x", Refused: "too long"}}
	r, err = reports.Build("s", "S", append(spec, reports.TableSpec{Name: "loss", Values: []string{"validation.loss"}}), []score.Trial{odd}, []string{"first"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"first", "model=a: train.loss is +Inf", "model=a: validation.loss is NaN", `table t: no trial has a metric "pas@1"`}
	if diff := cmp.Diff(want, r.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	if got := r.Tables[1].Rows; !slices.EqualFunc(got, [][]string{{"NaN"}}, slices.Equal[[]string]) {
		t.Errorf("a loss that is not a number is shown as %q", got)
	}
	if got := write(t, r, "json"); strings.Contains(got, "null") || !json.Valid([]byte(got)) {
		t.Errorf("not valid, or a list is null:\n%s", got)
	}
	if !math.IsNaN(odd.Metrics["validation.loss"]) {
		t.Error("Build changed the caller's trial")
	}
}

func TestJSONRoundTrip(t *testing.T) {
	r := study(t)
	text := write(t, r, "json")
	var back reports.Report
	if err := json.Unmarshal([]byte(text), &back); err != nil {
		t.Fatal(err)
	}
	for _, format := range reports.Formats() {
		if diff := cmp.Diff(write(t, r, format), write(t, &back, format)); diff != "" {
			t.Errorf("%s of the report read back (-want +got):\n%s", format, diff)
		}
	}
}

func TestCSVReadsBack(t *testing.T) {
	r := study(t)
	reader := csv.NewReader(strings.NewReader(write(t, r, "csv")))
	reader.FieldsPerRecord = -1
	got, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var want [][]string
	for _, table := range r.Tables {
		want = append(want, []string{"table", table.Name, table.Heading()}, table.Columns)
		want = append(want, table.Rows...)
	}
	for _, n := range r.Notes {
		want = append(want, []string{"note", n})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

// TestBytesDoNotDependOnMapOrder fills the maps of the same trials in different orders.
func TestBytesDoNotDependOnMapOrder(t *testing.T) {
	labels := []string{"adapter", "benchmark", "model", "prompt", "zeta", "alpha"}
	metrics := []string{"pass@1", "fixed@1", "bugs", "train.loss", "validation.loss", "odd"}
	specs := []reports.TableSpec{
		{Name: "wide", Rows: []string{"model", "zeta"}, Columns: []string{"adapter", "benchmark", "prompt", "alpha"}, Values: []string{"pass@1", "train.loss"}},
		{Name: "long", Rows: labels, Values: metrics},
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 6).Draw(t, "trials")
		values := make([]map[string]string, 0, n)
		for range n {
			m := map[string]string{}
			for _, l := range labels {
				m[l] = rapid.SampledFrom([]string{"a", "b", "", "–"}).Draw(t, l)
			}
			if !slices.ContainsFunc(values, func(o map[string]string) bool { return maps.Equal(o, m) }) {
				values = append(values, m)
			}
		}
		numbers := rapid.SliceOfN(rapid.OneOf(rapid.Float64(), rapid.Just(math.NaN())), len(metrics), len(metrics)).Draw(t, "numbers")
		build := func(order string) *reports.Report {
			var trials []score.Trial
			for _, m := range values {
				trial := score.Trial{Labels: map[string]string{}, Metrics: map[string]float64{}}
				for _, l := range rapid.Permutation(labels).Draw(t, order+" labels") {
					trial.Labels[l] = m[l]
				}
				for _, i := range rapid.Permutation([]int{0, 1, 2, 3, 4, 5}).Draw(t, order+" metrics") {
					trial.Metrics[metrics[i]] = numbers[i]
				}
				trials = append(trials, trial)
			}
			r, err := reports.Build("s", "S", specs, trials, nil)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		one, two := build("one"), build("two")
		for _, format := range reports.Formats() {
			var a, b strings.Builder
			if err := errors.Join(reports.Write(&a, one, format), reports.Write(&b, two, format)); err != nil {
				t.Fatal(err)
			}
			if a.String() != b.String() {
				t.Fatalf("%s differs:\n%s\n%s", format, a.String(), b.String())
			}
		}
	})
}

// TestHostileText gives labels that try to leave their cell.
func TestHostileText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hostile := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"a\nb", "\x1b[2J", "a|b", `\end{tabular}`, "[x]", "* x", "\u202eabc", "\xff\xfe", "$x^2_{", "a & b \\\\", "%", "`", "",
		}))
		model, note := hostile.Draw(t, "model"), hostile.Draw(t, "note")
		trials := []score.Trial{labelled("model", model, "adapter", "x"), labelled("model", model, "adapter", hostile.Draw(t, "adapter")+"y")}
		r, err := reports.Build(model, note, []reports.TableSpec{{Name: model, Title: note, Rows: []string{"model"}, Columns: []string{"adapter"}, Values: []string{"bugs"}}}, trials, []string{note})
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range reports.Formats() {
			var b strings.Builder
			if err := reports.Write(&b, r, format); err != nil {
				t.Fatal(err)
			}
			text := b.String()
			if !utf8.ValidString(text) {
				t.Fatalf("%s is not UTF-8: %q", format, text)
			}
			for _, c := range text {
				if c != '\n' && format != "json" && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c)) {
					t.Fatalf("%s holds %U: %q", format, c, text)
				}
			}
			switch format {
			case "json":
				if !json.Valid([]byte(text)) {
					t.Fatalf("not JSON: %s", text)
				}
			case "latex":
				checkLaTeX(t, text)
			}
		}
	})
}

// checkLaTeX fails unless environments and braces close, and each row of a tabular has the columns that it declares.
func checkLaTeX(t *rapid.T, text string) {
	depth, cells, columns := 0, 1, -1
	var code strings.Builder
	for _, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "%") {
			continue
		}
		code.WriteString(line + "\n")
		cells = 1
		for i := 0; i < len(line); i++ {
			switch line[i] {
			case '\\':
				i++ // what follows is a command's first character
			case '{':
				depth++
			case '}':
				depth--
			case '&':
				cells++
			case '%', '#', '$', '^', '_', '~':
				if line[i] != '$' {
					t.Fatalf("a bare %q in %q", line[i], line)
				}
			}
			if depth < 0 {
				t.Fatalf("a brace too many is closed in %q", line)
			}
		}
		if depth != 0 {
			t.Fatalf("a brace is left open in %q", line)
		}
		if spec, ok := strings.CutPrefix(trimmed, `\begin{tabular}{`); ok {
			columns = len(strings.TrimSuffix(spec, "}"))
			continue
		}
		if strings.HasSuffix(trimmed, `\\`) && !strings.Contains(trimmed, `\multicolumn`) && cells != columns {
			t.Fatalf("a row of %d cells under %d columns: %q", cells, columns, line)
		}
	}
	for _, environment := range []string{"table", "tabular", "itemize"} {
		if a, b := strings.Count(code.String(), `\begin{`+environment+`}`), strings.Count(code.String(), `\end{`+environment+`}`); a != b {
			t.Fatalf("%s begins %d times and ends %d times:\n%s", environment, a, b, text)
		}
	}
}

// TestScreen draws on terminals of some widths.
func TestScreen(t *testing.T) {
	r := study(t)
	r.Tables = r.Tables[:1]
	draw := func(width int, bold bool) string {
		var b strings.Builder
		if err := reports.WriteScreen(&b, r, width, bold); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if draw(0, false) != write(t, r, "terminal") {
		t.Error("what is no terminal is not drawn without limits")
	}
	for _, width := range []int{70, 75, 100} {
		for _, line := range strings.Split(draw(width, false), "\n") {
			if n := utf8.RuneCountInString(line); n > width && strings.HasPrefix(line, "│") {
				t.Errorf("a line of %d columns on a screen of %d: %s", n, width, line)
			}
		}
	}
	plain := draw(75, false)
	if strings.Contains(plain, "\x1b") {
		t.Errorf("escape sequences without bold: %q", plain)
	}
	if bare := strings.NewReplacer("\x1b[1m", "", "\x1b[0m", "").Replace(draw(75, true)); bare != plain {
		t.Errorf("bold moves the cells:\n%s\n%s", bare, plain)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestWriteErrors(t *testing.T) {
	r := study(t)
	for _, format := range reports.Formats() {
		if err := reports.Write(full{}, r, format); !errors.Is(err, os.ErrClosed) || !strings.Contains(err.Error(), format) {
			t.Errorf("%s to a closed file: %v", format, err)
		}
	}
	err := reports.Write(full{}, r, "pdf")
	if err == nil || !strings.Contains(err.Error(), `"pdf"`) || !strings.Contains(err.Error(), "latex") {
		t.Errorf("unknown format: %v", err)
	}
}
