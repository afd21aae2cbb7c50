package study

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"harness/core/protocol/harnesspb"
)

// Study is what a study file means: references are resolved, defaults filled in, and nothing is left of its text but
// ranges for diagnostics. Paths are as written; relative ones start at Dir.
type Study struct {
	Name  string
	Title string
	Seed  uint64
	File  string // as given to Load
	Dir   string // the file's folder, absolute

	// In declaration order. Names are unique within a kind, whatever the type.
	Models, Adapters, Datasets, Benchmarks []*Block
	Prompts                                []*Prompt

	Train    *Train    // nil: nothing trains
	Generate *Generate // never nil
	Sandbox  *Sandbox  // nil only where there is no benchmark
	Tables   []*Table
}

// Block is a block whose body belongs to a plugin.
type Block struct {
	Kind string // model, adapter, dataset, benchmark
	Type string // the plugin's name
	Name string
	// Config holds the plugin's attributes as a JSON object with sorted keys, defaults filled in. Attributes that are
	// not set and have no default are absent.
	Config json.RawMessage

	Source     string   // model: folder of the checkpoint; empty: Scratch, or the model needs none
	Scratch    *Scratch // model: made from nothing
	Load       string   // adapter: folder in PEFT's layout with finished weights
	Models     []string // adapter: names of the only models that it is combined with; nil: all
	Validation float64  // dataset: share set apart, within (0,1); 0: none
	Limit      int      // dataset: how many samples are used; 0: all
	Where      []string // benchmark: only the bugs with these ids; nil: all

	// DeclRange is the block's header.
	DeclRange hcl.Range `json:"-"`

	body *hclsyntax.Body
}

// Fits reports whether an adapter is to be combined with a model.
func (b *Block) Fits(model *Block) bool {
	return b.Models == nil || slices.Contains(b.Models, model.Name)
}

// Label is how expressions refer to the block's name, and how messages call it: "adapter.lora.r8".
func (b *Block) Label() string { return b.Kind + "." + b.Type + "." + b.Name }

// Diagnostic places what a plugin says about the block's values in the study's text: at the value that the path leads
// to, or at the header if the value is a default.
func (b *Block) Diagnostic(d *harnesspb.Diagnostic) *hcl.Diagnostic {
	subject := b.DeclRange
	if r, found := rangeInBody(b.body, d.GetPath()); found {
		subject = r
	}
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: d.GetSummary(), Detail: d.GetDetail(), Subject: &subject}
}

// Scratch makes a checkpoint with random weights and a byte-level BPE tokenizer of its own.
type Scratch struct {
	Config     json.RawMessage // config.json
	Dataset    string          // name of the data set whose text trains the tokenizer
	Vocabulary int             // tokens, the end token among them
}

// Prompt is a way to show a bug.
type Prompt struct {
	Name       string
	BuggyLines bool
}

// Train is a recipe and the grid of its free choices.
type Train struct {
	Dataset     string // a data set's name
	Optimizer   string // adamw
	Betas       [2]float64
	Epsilon     float64
	WeightDecay float64
	Schedule    string  // constant, linear
	Warmup      int     // steps
	BatchSize   int     // examples in an optimizer step
	Clip        float64 // of the global gradient norm; 0: none
	MaxLength   int     // tokens of prompt and target; longer samples are left out

	// The grid, in the order written, which decides ties. Never empty, without repetition.
	LearningRates []float64
	Epochs        []int

	Metric string // that chooses among the grid's points: validation.loss
	Goal   string // min, max
}

// Generate is how candidates are decoded.
type Generate struct {
	Decode        string // beam, greedy
	Beams         int
	Candidates    int // a bug; at most Beams
	MaxNewTokens  int
	BatchSize     int // prompts side by side; 0: the engine chooses
	LengthPenalty float64
	EarlyStopping bool
}

// Sandbox is where candidates are judged. Zero values leave a limit to the benchmark.
type Sandbox struct {
	Driver  string // docker, bubblewrap, auto
	Memory  int64  // bytes
	CPUs    float64
	Timeout time.Duration // of one candidate
	Workers int           // boxes side by side; 0: as many as there are CPUs
}

// Table lays out metrics by the labels of trials: model, adapter, benchmark, prompt.
type Table struct {
	Name, Title   string
	Rows, Columns []string // labels
	Values        []string // metrics, as package score names them
}
