package main_test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"harness/core/adapt"
	check "harness/core/checkpoint"
	"harness/core/ir"
	"harness/core/needs"
	"harness/core/pluginhost"
	"harness/core/protocol/client"
	pb "harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
	"harness/core/weights/snapshot"
	"harness/core/weights/tokenizer"
)

// hf is Hugging Face's libraries in a process, and the engine beside them.
type hf struct {
	in     io.Writer
	out    *bufio.Reader
	host   *pluginhost.Host
	engine *client.Engine
}

// hfAnswer is what server.py answers.
type hfAnswer struct {
	Error         string
	Config        string
	Architectures []string
	DType         string
	Model         string
	Loading       map[string][]string // keys that are missing, unexpected …
	Inputs        []string
	IDs           [][]int32
	Decoded       []string
	NewIDs        [][]int32 `json:"new_ids"`
	NewTexts      []string  `json:"new_texts"`
	Trainable     int64     `json:"trainable_parameters"`
	All           int64     `json:"all_parameters"`
	Warnings      []string
}

// newHF starts Python and the engine. It ends the test where this is not a run
// of the slow tests, or the packages are missing.
func newHF(t *testing.T) *hf {
	t.Helper()
	needs.Slow(t)
	python := cmp.Or(os.Getenv("TORCH_PYTHON"), "bin/torch/bin/python")
	if !filepath.IsAbs(python) {
		python = filepath.Join(needs.Root(t), python)
	}
	cmd := exec.CommandContext(t.Context(), python, "server.py")
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = "testdata/hf", &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	const how = "run `make torch`, or set TORCH_PYTHON to a Python that has torch, transformers, peft, gguf and sentencepiece"
	if err := cmd.Start(); err != nil {
		needs.Part(t, "Python with torch ("+err.Error()+")", how)
	}
	h := &hf{in: in, out: bufio.NewReader(out), host: pluginhost.New(pluginhost.Options{Dirs: []string{bin}, StartTimeout: time.Minute})}
	t.Cleanup(func() {
		h.host.Close()
		in.Close()
		if err := cmd.Wait(); t.Context().Err() == nil || t.Failed() {
			t.Logf("server.py ended (%v):\n%s", err, &stderr)
		}
	})
	if line, err := h.out.ReadString('\n'); err != nil || line != "ready\n" {
		_ = cmd.Wait()
		needs.Part(t, fmt.Sprintf("a package of Python (%s)", lastLine(stderr.String())), how)
	}
	if h.engine, err = h.host.Engine(t.Context(), "gomlx"); err != nil {
		t.Fatal(err)
	}
	return h
}

// lastLine is where a Python traceback says what is wrong.
func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// ask sends a request. An error for an answer ends the test.
func (h *hf) ask(t *testing.T, request map[string]any) hfAnswer {
	t.Helper()
	if err := json.NewEncoder(h.in).Encode(request); err != nil {
		t.Fatal(err)
	}
	line, err := h.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("server.py: %v", err)
	}
	var a hfAnswer
	if err := json.Unmarshal(line, &a); err != nil {
		t.Fatalf("server.py answered %q: %v", line, err)
	}
	if a.Error != "" {
		t.Fatal(a.Error)
	}
	return a
}

// written is a folder to look at.
type written struct {
	folder string
	// base is an adapter's checkpoint, method its plugin; both are empty for a
	// whole checkpoint.
	base, method string
	// mustDiffer: the adapter changes what the checkpoint gives.
	mustDiffer bool
	// copied is the checkpoint that the tokenizer's files were copied from.
	// transformers 5 reads some published ones otherwise than tokenizer.json says,
	// so both sides get the same ids, and what it warns of there is not ours.
	copied string
}

// same opens a folder with Hugging Face's libraries and demands what the engine
// gives of it. It returns what they answered.
func (h *hf) same(t *testing.T, w written) hfAnswer {
	t.Helper()
	texts, checkpoint := javaTexts(), w.folder
	request := map[string]any{"op": "open_folder", "folder": w.folder, "texts": texts, "new_tokens": hfNewTokens}
	if w.base != "" {
		request["base"], checkpoint = w.base, w.base
	}
	tok, err := tokenizer.Load(checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	var prompts [][]int32
	for _, text := range texts {
		prompts = append(prompts, tok.Encode(text, true))
	}
	var known []string // warnings
	if w.copied != "" {
		request["ids"] = prompts
		known = h.ask(t, map[string]any{"op": "open_folder", "folder": w.copied, "texts": []string{}}).Warnings
	}
	got := h.ask(t, request)
	for _, warning := range got.Warnings {
		if !slices.Contains(known, warning) {
			t.Errorf("a warning: %s", warning)
		}
	}
	if len(got.Loading) > 0 {
		t.Errorf("the weights do not fit the model: %v", got.Loading)
	}
	if len(got.Architectures) != 1 || got.Architectures[0] != got.Model {
		t.Errorf("architectures are %q, but a %s was opened", got.Architectures, got.Model)
	}
	if diff := gocmp.Diff([]string{"input_ids", "attention_mask"}, got.Inputs); diff != "" && w.copied == "" {
		t.Errorf("the tokenizer's outputs (-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff(prompts, got.IDs); diff != "" {
		t.Errorf("ids of the texts (-ours +Hugging Face's):\n%s", diff)
	}
	var decoded []string
	for _, ids := range prompts {
		decoded = append(decoded, tok.Decode(ids, true))
	}
	m := h.model(t, checkpoint, w)
	ids := h.greedy(t, m, prompts)
	var newTexts []string
	for _, ids := range ids {
		newTexts = append(newTexts, tok.Decode(ids, true))
	}
	if diff := gocmp.Diff(ids, got.NewIDs); diff != "" {
		t.Errorf("generated ids (-ours +Hugging Face's):\n%s", diff)
	}
	if w.copied == "" {
		if diff := gocmp.Diff(newTexts, got.NewTexts) + gocmp.Diff(decoded, got.Decoded); diff != "" {
			t.Errorf("texts (-ours +Hugging Face's):\n%s", diff)
		}
	}
	if w.mustDiffer {
		plain := model{&pb.ModelState{Graph: m.state.GetGraph(), Checkpoint: checkpoint}, m.eos}
		if gocmp.Equal(h.greedy(t, plain, prompts), ids) {
			t.Error("the adapter changes no text: the test shows nothing")
		}
	}
	if w.base != "" {
		counts, err := ir.Count(m.state.GetGraph(), m.state.GetRewrite())
		if err != nil {
			t.Fatal(err)
		}
		if counts.Trainable != got.Trainable || counts.All != got.All {
			t.Errorf("trains %d of %d parameters, PEFT counts %d of %d", counts.Trainable, counts.All, got.Trainable, got.All)
		}
	}
	return got
}

// model is a network with its weights, and the tokens that end its texts.
type model struct {
	state *pb.ModelState
	eos   []int32
}

// model opens a checkpoint, with its adapter where there is one.
func (h *hf) model(t *testing.T, checkpoint string, w written) model {
	t.Helper()
	read := func(name string) []byte {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	plugin, err := h.host.Model(t.Context(), families[modelType(t, checkpoint)])
	if err != nil {
		t.Fatal(err)
	}
	summary, err := snapshot.Summarize(checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	built, err := plugin.Build(t.Context(), check.Request(nil, summary))
	if err != nil {
		t.Fatal(err)
	}
	m := model{state: &pb.ModelState{Graph: built.GetGraph(), Checkpoint: absolute(t, checkpoint)}, eos: built.GetEos()}
	if w.base == "" {
		return m
	}
	adapter, err := h.host.Adapter(t.Context(), w.method)
	if err != nil {
		t.Fatal(err)
	}
	attached, err := adapter.AttachTo(t.Context(), built, nil, read(filepath.Join(w.folder, "adapter_config.json")))
	if err != nil {
		t.Fatal(err)
	}
	layout, err := adapt.LayoutOf(built.GetGraph(), attached)
	if err != nil {
		t.Fatal(err)
	}
	tensors, err := layout.Load(w.folder)
	if err != nil {
		t.Fatal(err)
	}
	m.state.Rewrite, m.state.Trained = attached.GetRewrite(), filepath.Join(t.TempDir(), "trained.safetensors")
	if err := safetensors.WriteSource(m.state.Trained, tensors, nil); err != nil {
		t.Fatal(err)
	}
	return m
}

// greedy lets the engine go on from prompts.
func (h *hf) greedy(t *testing.T, m model, prompts [][]int32) [][]int32 {
	t.Helper()
	request := &pb.DecodeRequest{Model: m.state, Eos: m.eos, Decoding: &pb.Decoding{Decode: "greedy", Candidates: 1, MaxNewTokens: hfNewTokens, BatchSize: 1}}
	for i, ids := range prompts {
		request.Prompts = append(request.Prompts, &pb.TokenPrompt{Id: strconv.Itoa(i), Ids: ids})
	}
	out := make([][]int32, len(prompts))
	err := h.engine.Decode(t.Context(), request, func(r *pb.DecodeResponse) error {
		i, err := strconv.Atoi(r.GetId())
		if err != nil || len(r.GetCandidates()) != 1 {
			return fmt.Errorf("an answer to %q with %d candidates", r.GetId(), len(r.GetCandidates()))
		}
		out[i] = r.GetCandidates()[0].GetIds()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
