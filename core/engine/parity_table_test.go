package engine_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/olekukonko/tablewriter"

	"harness/core/weights/tokenizer"
)

// parityKinds are the columns of the table that a run of the parity tests ends
// with, by the test that fills them. Cells hold the worst error: of tokens
// the share of wrong texts, of greedy and beam search 1 if any id is wrong, of logits and hidden states
// the largest difference as a share of the largest number, of training the
// largest difference of a loss.
var parityKinds = []struct{ test, column string }{
	{"TestParityTokens", "tokens"},
	{"TestParityLogits", "logits"},
	{"TestParityHidden", "hidden"},
	{"TestParityGreedy", "greedy"},
	{"TestParityBeam", "beam"},
	{"TestParityAdapterLogits", "adapters"},
	{"TestParityMerged", "merged"},
	{"TestParityTrainingFull/adamw", "full adamw"},
	{"TestParityTrainingFull/adafactor", "full adafactor"},
	{"TestParityTrainingLoRA", "lora"},
	{"TestParityTrainingIA3", "ia3"},
	{"TestParityTrainingDoRA", "dora"},
}

// parity collects the worst error of each test and fixture.
var parity = struct {
	sync.Mutex
	cells map[string]map[string]float64 // by fixture, by test
}{cells: map[string]map[string]float64{}}

// record notes an error of the running test.
func record(t testing.TB, err float64) {
	parts := strings.Split(t.Name(), "/")
	if len(parts) < 2 {
		return
	}
	test := parts[0]
	if test == "TestParityTrainingFull" && len(parts) > 2 {
		test += "/" + parts[2]
	}
	parity.Lock()
	defer parity.Unlock()
	row := parity.cells[parts[1]]
	if row == nil {
		row = map[string]float64{}
		parity.cells[parts[1]] = row
	}
	worst, ok := row[test]
	if !ok || !(err <= worst) {
		row[test] = err
	}
}

// printParity shows what was recorded of the parity tests.
func printParity() {
	header := []string{"fixture"}
	for _, k := range parityKinds {
		header = append(header, k.column)
	}
	var rows [][]string
	for _, fixture := range slices.Sorted(maps.Keys(parity.cells)) {
		row, seen := []string{fixture}, false
		for _, k := range parityKinds {
			cell := "-"
			if err, ok := parity.cells[fixture][k.test]; ok {
				cell, seen = fmt.Sprintf("%.1e", err), true
				if err == 0 {
					cell = "0"
				}
			}
			row = append(row, cell)
		}
		if seen {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return
	}
	fmt.Println("PARITY with transformers and peft, worst error:")
	table := tablewriter.NewTable(os.Stdout, tablewriter.WithHeaderAutoFormat(0), tablewriter.WithHeader(header))
	if err := table.Bulk(rows); err != nil {
		fmt.Println(err)
		return
	}
	if err := table.Render(); err != nil {
		fmt.Println(err)
	}
}

// TestParityTokens counts the texts that each fixture's tokenizer gets wrong;
// the tokenizer's own tests show each.
func TestParityTokens(t *testing.T) {
	eachFixture(t, func(t *testing.T, f fixture) {
		tok, err := tokenizer.Load(f.dir)
		if err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(filepath.Join(f.dir, "golden", "tokenizer.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		texts, wrong := 0, 0
		lines := bufio.NewScanner(file)
		lines.Buffer(nil, 1<<26)
		for lines.Scan() {
			var g struct {
				Kind, Text, Decoded string
				IDs                 []int32
				Plain               []int32 `json:"ids_plain"`
			}
			if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
				t.Fatal(err)
			}
			texts++
			plain := g.IDs
			if g.Kind == "encode" {
				plain = g.Plain
				if !slices.Equal(tok.Encode(g.Text, true), g.IDs) || !slices.Equal(tok.Encode(g.Text, false), plain) {
					wrong++
					continue
				}
			}
			if tok.Decode(plain, false) != g.Decoded {
				wrong++
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
		if texts == 0 {
			t.Fatal("no golden texts")
		}
		record(t, float64(wrong)/float64(texts))
		if wrong > 0 {
			t.Errorf("%d of %d texts are wrong", wrong, texts)
		}
	})
}
