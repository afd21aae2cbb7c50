package study

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"harness/core/extract"
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
	Engine   *Block    `json:",omitempty"` // nil: the default
	Tables   []*Table
	Voids    []*Void `json:",omitempty"`
}

// Block is a block whose body belongs to a plugin.
type Block struct {
	Kind string // model, adapter, dataset, benchmark, engine
	Type string // the plugin's name
	Name string
	// Config holds the plugin's attributes as a JSON object with sorted keys, defaults filled in. Attributes that are
	// not set and have no default are absent.
	Config json.RawMessage

	Source  string   // model: folder of the checkpoint; empty: Scratch, or the model needs none
	Scratch *Scratch // model: made from nothing
	// model: which part of an answer is the code; the family's own rule where the study sets none
	Extract    extract.Rule `json:",omitempty"`
	Load       string       // adapter: folder in PEFT's layout with finished weights
	Models     []string     // adapter: names of the only models that it is combined with; nil: all
	Prompts    []string     // adapter: names of the only prompts that it is combined with; nil: all
	Validation float64      // dataset: share set apart, within (0,1); 0: none
	Limit      int          // dataset: how many samples are used; 0: all
	Bugs       []string     // benchmark: only the bugs with these ids; nil: all
	// benchmark: only the bugs whose labels have one of these values each; nil: all
	Where map[string][]string `json:",omitempty"`

	// What a data set that is trained on goes without.
	Leakage    string  `json:",omitempty"` // dataset: samples like methods of the study's benchmarks: drop, keep, fail
	Similarity float64 `json:",omitempty"` // dataset: from which Jaccard index on a method is like another, within (0,1]
	Duplicates string  `json:",omitempty"` // dataset: samples that repeat an earlier one: drop, keep

	// Limits in tokens that hold for this block alone, in the place of those in generate; 0: those.
	MaxPromptLength int `json:",omitempty"` // model
	MaxNewTokens    int `json:",omitempty"` // benchmark

	// DeclRange is the block's header.
	DeclRange hcl.Range `json:"-"`

	body *hclsyntax.Body
}

// Fits reports whether an adapter is to be combined with a model.
func (b *Block) Fits(model *Block) bool {
	return b.Models == nil || slices.Contains(b.Models, model.Name)
}

// Takes reports whether an adapter is to be combined with a prompt.
func (b *Block) Takes(prompt *Prompt) bool {
	return b.Prompts == nil || slices.Contains(b.Prompts, prompt.Name)
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
	Vocabulary int             // tokens, special ones among them
	// Special tokens, which get the first ids in this order. Those named below and those that the family writes
	// prompts with follow where they are missing.
	Tokens []string `json:",omitempty"`
	// Empty: "<|endoftext|>", the end token, and none.
	EndToken, BeginToken, PadToken string `json:",omitempty"`
}

// Prompt is a way to show a bug.
type Prompt struct {
	Name       string
	BuggyLines bool
}

// Train is a recipe and the grid of its free choices.
type Train struct {
	place
	Dataset string // a data set's name
	Recipe  *harnesspb.Recipe

	// Tokens; samples with more are left out. 0: no limit.
	MaxLength, MaxPromptLength, MaxTargetLength int

	// The grid, in the order written, which decides ties. Never empty, without repetition.
	LearningRates []float64
	Epochs        []int

	Metric     string // that chooses among the grid's points: validation.loss, validation.exact_match
	Goal       string // min, max
	EveryEpoch bool   // each epoch of a run can be chosen, not only its last
}

// DependsOnTotal reports whether the learning rate of a step depends on how many epochs there will be. Runs of such a
// recipe with different totals have no epoch in common.
func (t *Train) DependsOnTotal() bool {
	return t.Recipe.GetSchedule() != "constant" || t.Recipe.GetWarmupShare() > 0
}

// Points is how many trained states the grid gives to choose among.
func (t *Train) Points() int {
	if len(t.Epochs) == 0 {
		return 0 // a mistake was made there
	}
	states := len(t.Epochs)
	switch {
	case t.EveryEpoch && t.DependsOnTotal():
		states = 0
		for _, total := range t.Epochs {
			states += total
		}
	case t.EveryEpoch:
		states = slices.Max(t.Epochs)
	}
	return states * len(t.LearningRates)
}

// Generate is how candidates are decoded.
type Generate struct {
	place
	Decoding        *harnesspb.Decoding // what does not belong to its way of decoding is zero
	MaxPromptLength int                 // tokens; bugs with longer prompts are refused; 0: no limit but the model's
	StopStrings     bool                // a candidate ends where the family's stop strings appear
}

// Sandbox is where candidates are judged. Zero values leave a limit to the benchmark.
type Sandbox struct {
	Driver  string // docker, bubblewrap, auto
	Memory  int64  // bytes
	CPUs    float64
	Timeout time.Duration // of one run of a candidate's tests, on the wall clock; 0: the benchmark's own
	Workers int           // boxes side by side; 0: as many as there are CPUs

	// DeclRange is the block's header.
	DeclRange hcl.Range `json:"-"`
}

// DefaultPrompt names the prompt of a study that has no prompt blocks.
const DefaultPrompt = "default"

// Void says that some published verdicts mean nothing, so that ours are not compared with them: those of the trials,
// bugs and ranks that it names; of all where it names none.
type Void struct {
	Name   string
	Reason string
	Where  map[string][]string // values of trials' labels
	Bugs   []string
	Ranks  []int // 0-based

	content *decoded
}

// UnknownBug is the mistake that no benchmark has the bug at place i of Bugs.
func (v *Void) UnknownBug(i int) *hcl.Diagnostic {
	subject := v.content.at("bugs", strconv.Itoa(i))
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Unknown bug", Subject: &subject,
		Detail: fmt.Sprintf("No benchmark that void %q is about has a bug %q.", v.Name, v.Bugs[i]),
	}
}

// Table lays out metrics by the labels of trials: model, adapter, benchmark, prompt.
type Table struct {
	Name, Title   string
	Rows, Columns []string // labels; "bug.NAME" are those of bugs
	Values        []string // metrics, as package score names them
}
