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
// A key of files is the name of an adapter in the study, or ADAPTER/PROMPT, which
// applies to one prompt and takes precedence. The value names one recording or,
// by a pattern, one recording per benchmark. There are two kinds of recordings;
// both have one JSON object per line.
//
// One line per bug: "bug", "function_range" ("12,5-19,5"), "input" (the method's
// text), "outputs" (whole methods that replace it, inserted with a line end
// before and after, as the recording of arXiv 2406.05639 was judged) and
// "published" (verdicts, which may be null or missing). "outputs" and "published" are
// sorted by rank.
//
// One line per candidate: "bug", "rank" (from 1, in order), "patch" (the text
// that was inserted into the program) and "verdict", which is null or missing if
// the candidate was not judged. The patch is trimmed and inserted without a line end after it, as the
// recordings of CLM (ICSE 2023) for QuixBugs and HumanEval-Java were judged; an
// empty patch deletes the lines. If the "benchmark" is "defects4j", a line end
// follows, as it did in CLM's judgement.
// The folder's index.json, {"files": {NAME: {…}}}, says what a patch replaces:
// the "applies_to" of a recording is "hunk" or "function". Files of the "kind"
// "prompts" with the recording's "benchmark" and "family" have one line per bug:
// "bug", "loc" (the hunk's lines; "12-14" excludes 14, and "12-12" is line 12),
// and, if known, "function_range" and "prompt".
//
// What is said here of trimming and line ends holds for recorded text as it is. If the
// model's block sets extract, the code in a candidate replaces the same lines, with a line
// end after it.
//
// Candidates without a published verdict are judged like the others, and no published
// share is computed from them. A bug for which nothing is recorded counts neither for nor
// against the model. Reports name such bugs, and those that only the recording has.
//
// If the lines that a candidate replaces are not found in the benchmark's copy of
// the program, the candidate gets no verdict: it counts neither for nor against
// the model.
package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
		Version:   "0.4.0",
		Summary:   "Candidates that were recorded elsewhere, with their published verdicts.",
		Generates: true,
		Schema: &sdk.Schema{Attributes: []*sdk.Attribute{{
			Name: "folder", Type: "string", Required: true,
			Description: "Folder with the recordings. Relative paths start at the study's folder.",
		}, {
			Name: "files", Type: `["map","string"]`, Required: true,
			Description: "Recording of each adapter: maps the adapter's name, or ADAPTER/PROMPT, to a file in the folder, or to a pattern such as `lora_*.jsonl.gz` that matches one file for each benchmark.",
		}, {
			Name: "cut_after_brace", Type: "bool", DefaultJson: "false",
			Description: "Whether text after the last } of a whole method is cut off before it becomes a patch.",
		}}},
	}
}

type config struct {
	Folder        string            `json:"folder"`
	Files         map[string]string `json:"files"`
	CutAfterBrace bool              `json:"cut_after_brace"`
}

// keys are the sorted keys of Files.
func (c config) keys() []string {
	names := make([]string, 0, len(c.Files))
	for name := range c.Files {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// key is the key of Files that applies to an adapter and a prompt.
func (c config) key(adapter, prompt string) (string, bool) {
	for _, key := range []string{adapter + "/" + prompt, adapter} {
		if _, ok := c.Files[key]; ok {
			return key, true
		}
	}
	return "", false
}

// Resolve reads all recordings, so that mistakes in them are found before the
// study runs. The identity is a hash of their contents.
func (r replay) Resolve(ctx context.Context, request *sdk.ResolveRequest) (*sdk.ResolveResponse, error) {
	var c config
	if err := sdk.Decode(request.GetConfig(), &c); err != nil {
		return nil, err
	}
	opened, err := openFolder(c, request.GetBaseDir())
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	var problems []error
	for _, key := range c.keys() {
		recording, err := r.recordings.load(ctx, opened, key)
		if err != nil {
			problems = append(problems, sdk.Diagnose([]string{"files", key}, "Recording is malformed", err.Error()))
			continue
		}
		for _, name := range recording.files {
			used[name] = true
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	identity, err := opened.digest(used)
	if err != nil {
		return nil, err
	}
	return &sdk.ResolveResponse{Identity: identity}, nil
}

// Generate answers each bug with its recorded candidates, and names the recordings.
func (r replay) Generate(ctx context.Context, request *model.GenerateRequest, send func(*model.GenerateResponse) error) error {
	var c config
	if err := sdk.Decode(request.GetConfig(), &c); err != nil {
		return err
	}
	key, ok := c.key(request.GetAdapterName(), request.GetPromptName())
	if !ok {
		return sdk.Diagnose([]string{"files"}, "Adapter was not recorded", fmt.Sprintf(
			"There is no recording for the adapter %q with the prompt %q, only for %s. Add it here, or leave this model or prompt out of that adapter's trials.",
			request.GetAdapterName(), request.GetPromptName(), strings.Join(c.keys(), ", ")))
	}
	opened, err := openFolder(c, request.GetBaseDir())
	if err != nil {
		return err
	}
	recording, err := r.recordings.load(ctx, opened, key)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(recording.ids)) {
		if err := send(&model.GenerateResponse{Recording: &model.Recording{Name: name, Bugs: recording.ids[name]}}); err != nil {
			return err
		}
	}
	for _, bug := range request.GetBugs() {
		response := &model.GenerateResponse{Bug: bug.GetId()}
		recorded := recording.bugs[bug.GetId()]
		if response.Unrecorded = recorded == nil; recorded != nil {
			response.Candidates = candidates(recorded, bug, c.CutAfterBrace)
		}
		if limit := int(request.GetCandidates()); limit > 0 && limit < len(response.Candidates) {
			response.Candidates = response.Candidates[:limit]
		}
		if err := send(response); err != nil {
			return err
		}
	}
	return nil
}

// candidates returns a bug's candidates, best first, each with the lines that it
// replaces, or with the reason why these are not known. That is not the model's
// fault.
func candidates(r *record, bug *model.Bug, cut bool) []*model.GeneratedCandidate {
	lines, problem := r.target.find(bug)
	var all []*model.GeneratedCandidate
	for _, c := range r.candidates {
		answer := &model.GeneratedCandidate{Output: c.output, PublishedVerdict: c.verdict, Patch: &model.Patch{Unplaced: problem}}
		if problem == "" {
			answer.Patch.Edits = []*model.Edit{{Start: int32(lines.Start), End: int32(lines.End), Text: r.target.text(c.output, cut)}}
		}
		all = append(all, answer)
	}
	return all
}

var verdicts = []string{"plausible", "wrong", "timeout", "uncompilable"}

func known(verdict string) bool { return slices.Contains(verdicts, verdict) }
