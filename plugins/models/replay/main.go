// Command harness-model-replay answers bugs with candidates that someone else
// recorded, so that a published run can be judged again without its models:
//
//	model "replay" "codellama" {
//	  folder = "../shared/replay/peft4apr"
//	  files  = {
//	    lora = "codellama-7b-hf__lora__apr__*.jsonl.gz"
//	    ia3  = "codellama-7b-hf__ia3__apr__*.jsonl.gz"
//	  }
//	}
//	adapter "recorded" "lora" {}
//
// The key of files is the name of an adapter in the study; the value names the
// recordings made with it, one or, by a pattern, one a benchmark. A recording
// is a file of one JSON object a bug: "bug", "function_range", "input",
// "outputs" and "published" (verdicts), by rank.
package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"harness/core/sdk"
	"harness/core/sdk/model"
)

func main() { model.Serve(newReplay()) }

type replay struct{ recordings *recordings }

func newReplay() replay { return replay{newRecordings()} }

func (replay) Describe(context.Context) *model.Description {
	return &model.Description{
		Name:      "replay",
		Version:   "0.1.0",
		Summary:   "Candidates that were recorded elsewhere, with their published verdicts.",
		Generates: true,
		Schema: &sdk.Schema{Attributes: []*sdk.Attribute{{
			Name: "folder", Type: "string", Required: true,
			Description: "The folder with the recordings, from the study's folder.",
		}, {
			Name: "files", Type: `["map","string"]`, Required: true,
			Description: "For each recorded adapter, by name, its file in the folder, or a pattern like lora_*.jsonl.gz that names one file a benchmark.",
		}, {
			Name: "cut_after_brace", Type: "bool", DefaultJson: "false",
			Description: "Whether what follows the last } of an output is cut before it becomes a patch.",
		}}},
	}
}

type config struct {
	Folder        string            `json:"folder"`
	Files         map[string]string `json:"files"`
	CutAfterBrace bool              `json:"cut_after_brace"`
}

func (c config) adapters() []string {
	names := make([]string, 0, len(c.Files))
	for name := range c.Files {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Resolve reads all recordings, so that mistakes in them are found before
// anything is run, and names them by their content.
func (r replay) Resolve(ctx context.Context, request *sdk.ResolveRequest) (*sdk.ResolveResponse, error) {
	var c config
	if err := sdk.Decode(request.GetConfig(), &c); err != nil {
		return nil, err
	}
	opened, err := openFolder(c, request.GetBaseDir())
	if err != nil {
		return nil, err
	}
	for _, adapter := range c.adapters() {
		if _, err := r.recordings.load(ctx, opened, adapter); err != nil {
			return nil, sdk.Diagnose([]string{"files", adapter}, "Recording is malformed", err.Error())
		}
	}
	identity, err := opened.digest()
	if err != nil {
		return nil, err
	}
	return &sdk.ResolveResponse{Identity: identity}, nil
}

// Generate answers each bug with its recorded candidates. A bug that was not
// recorded has none.
func (r replay) Generate(ctx context.Context, request *model.GenerateRequest, send func(*model.GenerateResponse) error) error {
	var c config
	if err := sdk.Decode(request.GetConfig(), &c); err != nil {
		return err
	}
	adapter := request.GetAdapterName()
	if _, ok := c.Files[adapter]; !ok {
		return sdk.Diagnose([]string{"files"}, "Adapter was not recorded", fmt.Sprintf(
			"There is no recording for the adapter %q, but for %s. Add it here, or leave this model out of that adapter's trials.",
			adapter, strings.Join(c.adapters(), ", ")))
	}
	opened, err := openFolder(c, request.GetBaseDir())
	if err != nil {
		return err
	}
	recorded, err := r.recordings.load(ctx, opened, adapter)
	if err != nil {
		return err
	}
	for _, bug := range request.GetBugs() {
		response := &model.GenerateResponse{
			Bug:        bug.GetId(),
			Candidates: candidates(recorded[bug.GetId()], int(request.GetCandidates())),
		}
		if err := send(response); err != nil {
			return err
		}
	}
	return nil
}

// candidates returns the first limit candidates of a record, or all if limit
// is 0.
func candidates(r *record, limit int) []*model.GeneratedCandidate {
	if r == nil {
		return nil
	}
	var all []*model.GeneratedCandidate
	for i, output := range r.Outputs {
		if limit > 0 && i == limit {
			break
		}
		all = append(all, &model.GeneratedCandidate{Output: output, PublishedVerdict: r.Published[i]})
	}
	return all
}

// Patch puts each output, a whole method, in the place of the recorded one.
func (r replay) Patch(ctx context.Context, request *model.PatchRequest) (*model.PatchResponse, error) {
	var c config
	if err := sdk.Decode(request.GetConfig(), &c); err != nil {
		return nil, err
	}
	bug := request.GetBug()
	recorded, err := r.find(ctx, c, request.GetBaseDir(), bug.GetId())
	if err != nil {
		return nil, err
	}
	span, ok := place(bug, recorded)
	response := &model.PatchResponse{}
	for _, output := range request.GetOutputs() {
		patch := &model.Patch{}
		if ok {
			if c.CutAfterBrace {
				output = cutAfterBrace(output)
			}
			// As the authors inserted it: a line end before and after.
			patch.Edits = []*model.Edit{{Start: span.Start, End: span.End, Text: "\n" + output + "\n"}}
		} else {
			patch.None = "neither the recording nor the benchmark says which method is replaced"
		}
		response.Patches = append(response.Patches, patch)
	}
	return response, nil
}

// find returns what any of the recordings says of a bug, or nil. They agree on
// where its method stands, since that is the benchmark's doing.
func (r replay) find(ctx context.Context, c config, baseDir, bug string) (*record, error) {
	if baseDir == "" && !filepath.IsAbs(c.Folder) {
		// A host from before Patch was told the folder: the benchmark's own
		// method has to do.
		return nil, nil
	}
	opened, err := openFolder(c, baseDir)
	if err != nil {
		return nil, err
	}
	for _, adapter := range c.adapters() {
		recorded, err := r.recordings.load(ctx, opened, adapter)
		if err != nil {
			return nil, err
		}
		if found := recorded[bug]; found != nil {
			return found, nil
		}
	}
	return nil, nil
}

func cutAfterBrace(output string) string {
	if i := strings.LastIndexByte(output, '}'); i >= 0 {
		return output[:i+1]
	}
	return output
}

var verdicts = []string{"plausible", "wrong", "timeout", "uncompilable"}

func known(verdict string) bool { return slices.Contains(verdicts, verdict) }
