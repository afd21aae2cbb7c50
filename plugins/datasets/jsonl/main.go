// Command harness-dataset-jsonl reads training samples from a file of one JSON
// object a line, plain or compressed (.gz, .zst):
//
//	dataset "jsonl" "fixes" { path = "fixes.jsonl.gz" }
//
// A line is one of
//
//	{"before", "buggy", "after", "fixed"}  a fix within a function: before + buggy + after is the wrong function,
//	                                       before + fixed + after the right one
//	{"function", "fixed_function"}         the same as two whole functions; the fix is from the first to the last line
//	                                       in which they differ
//	{"text"}                               plain text, for pretraining
//
// and each may have
//
//	id       its name, unique in the file; by default the number of the line
//	split    "train" or "validation"; by default the study splits
//	licence  of the program, such as "Apache-2.0"; a report counts them
//	origin   of the program: repository, commit, path
//
// Other fields are ignored. Files with other names of these fields are read with
// fields = { buggy = "src", fixed = "tgt" }.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"harness/core/sdk"
	"harness/core/sdk/dataset"
	"harness/core/sdk/jsonlines"
)

func main() { dataset.Serve(plugin{}) }

type plugin struct{}

func (plugin) Describe(context.Context) *dataset.Description {
	return &dataset.Description{
		Name:    "jsonl",
		Version: "0.1.1",
		Summary: "Training samples from a file of one JSON object a line.",
		Splits:  true,
		Schema: &sdk.Schema{Attributes: []*sdk.Attribute{{
			Name:        "path",
			Type:        "string",
			Required:    true,
			Description: "File with the samples. Relative paths start at the study's folder. A file that ends with .gz or .zst is decompressed.",
		}, {
			Name:        "fields",
			Type:        fieldsType(),
			Description: "Names in the file of the fields id, split, before, buggy, after, fixed, function, fixed_function, text, licence and origin, such as { buggy = \"src\", fixed = \"tgt\" }.",
		}}},
	}
}

// fieldsType returns the type of an object with an optional text for each field.
func fieldsType() string {
	kinds := map[string]string{}
	for _, field := range allFields() {
		kinds[field] = "string"
	}
	text, err := json.Marshal([]any{"object", kinds, allFields()})
	if err != nil {
		panic(err) // texts always encode
	}
	return string(text)
}

type config struct {
	Path string `json:"path"`
	// Fields maps our names of fields to those of the file.
	Fields map[string]*string `json:"fields"`
}

// file returns the file's path, or a diagnostic if there is no such file.
func (c config) file(baseDir string) (string, error) {
	path := c.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(baseDir, path)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil && !os.IsNotExist(err):
		return "", sdk.Diagnose([]string{"path"}, "Cannot read the file", err.Error())
	case err != nil:
		return "", sdk.Diagnose([]string{"path"}, "File is missing", fmt.Sprintf("There is no file %s. Relative paths start at the study's folder.", path))
	case !info.Mode().IsRegular():
		return "", sdk.Diagnose([]string{"path"}, "Not a file", fmt.Sprintf("%s is not a regular file.", path))
	}
	return path, nil
}

// Resolve identifies the file by its content, and reads its first lines, so that a file
// of another form is refused before any work.
func (plugin) Resolve(ctx context.Context, request *sdk.ResolveRequest) (*sdk.ResolveResponse, error) {
	var c config
	if err := sdk.Decode(request.GetConfig(), &c); err != nil {
		return nil, err
	}
	names, fieldsErr := c.names()
	path, err := c.file(request.GetBaseDir())
	if err := errors.Join(fieldsErr, err); err != nil {
		return nil, err
	}
	if err := names.try(ctx, path, c.renamed()); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, sdk.Diagnose([]string{"path"}, "Cannot read the file", err.Error())
	}
	defer f.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, f); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return &sdk.ResolveResponse{Identity: "sha256:" + hex.EncodeToString(digest.Sum(nil))}, nil
}

func (plugin) Samples(ctx context.Context, request *dataset.SamplesRequest, send func(*dataset.Sample) error) error {
	var c config
	if err := sdk.Decode(request.GetConfig(), &c); err != nil {
		return err
	}
	names, err := c.names()
	if err != nil {
		return err
	}
	path, err := c.file(request.GetBaseDir())
	if err != nil {
		return err
	}
	seen := map[string]int{}
	return each(ctx, path, func(line int, data []byte) error {
		sample, err := names.parse(line, data)
		if err != nil {
			return err
		}
		if first, ok := seen[sample.Id]; ok {
			return fmt.Errorf("the id %q is also that of line %d", sample.Id, first)
		}
		seen[sample.Id] = line
		if err := send(sample); err != nil {
			return outside{err}
		}
		return nil
	})
}

// each calls f with the lines of the file. Its errors about the file are diagnostics at
// the attribute path.
func each(ctx context.Context, path string, f func(line int, data []byte) error) error {
	err := jsonlines.Each(ctx, path, f)
	if err == nil || ctx.Err() != nil || errors.As(err, &outside{}) {
		return err
	}
	return sdk.Diagnose([]string{"path"}, "Unexpected content", err.Error())
}

// outside is an error that the file did not cause.
type outside struct{ error }

func (o outside) Unwrap() error { return o.error }
