// Command harness-dataset-jsonl reads training samples from a file of one JSON
// object a line, plain or compressed (.gz, .zst):
//
//	dataset "jsonl" "fixes" { path = "fixes.jsonl.gz" }
//
// A line is one of
//
//	{"before", "buggy", "after", "fixed"}  a fix within a function: lines of it, of which before + buggy + after is
//	                                       the wrong one and before + fixed + after the right one
//	{"function", "fixed_function"}         the same as two whole functions; the lines in which they differ, from the
//	                                       first to the last, are what is fixed
//	{"text"}                               plain text, for pretraining
//
// and each may have
//
//	id       its name, which no other line has; by default the line's number
//	split    "train" or "validation"; by default the study splits
//	licence  of the program, such as "Apache-2.0"; a report counts them
//	origin   where it is from: repository, commit, path
//
// Other fields are ignored. Files that call these fields otherwise are read with
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
			Description: "Names that the file uses in the place of id, split, before, buggy, after, fixed, function, fixed_function, text, licence and origin, such as { buggy = \"src\", fixed = \"tgt\" }.",
		}}},
	}
}

// fieldsType is an object in which each field may have a text.
func fieldsType() string {
	kinds := map[string]string{}
	for _, field := range allFields() {
		kinds[field] = "string"
	}
	text, err := json.Marshal([]any{"object", kinds, allFields()})
	if err != nil {
		panic(err) // texts can always be written
	}
	return string(text)
}

type config struct {
	Path string `json:"path"`
	// Fields has the file's names of fields by ours.
	Fields map[string]*string `json:"fields"`
}

// file returns the file's path, or a diagnostic where there is none.
func (c config) file(baseDir string) (string, error) {
	path := c.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(baseDir, path)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil && !os.IsNotExist(err):
		return "", sdk.Diagnose([]string{"path"}, "File cannot be read", err.Error())
	case err != nil:
		return "", sdk.Diagnose([]string{"path"}, "File is missing", fmt.Sprintf("There is no file %s. Relative paths start at the study's folder.", path))
	case !info.Mode().IsRegular():
		return "", sdk.Diagnose([]string{"path"}, "Not a file", fmt.Sprintf("%s is not a regular file.", path))
	}
	return path, nil
}

// Resolve names the file by its content, and looks at its first lines, so that a
// file that is not what the study takes it for is refused before any work.
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
		return nil, sdk.Diagnose([]string{"path"}, "File cannot be read", err.Error())
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
			return fmt.Errorf("the id %q is that of line %d, too", sample.Id, first)
		}
		seen[sample.Id] = line
		if err := send(sample); err != nil {
			return outside{err}
		}
		return nil
	})
}

// each hands the lines of the file to f. What is wrong with the file is told at
// the attribute that names it.
func each(ctx context.Context, path string, f func(line int, data []byte) error) error {
	err := jsonlines.Each(ctx, path, f)
	if err == nil || ctx.Err() != nil || errors.As(err, &outside{}) {
		return err
	}
	return sdk.Diagnose([]string{"path"}, "File is not as expected", err.Error())
}

// outside is an error that is not the file's fault.
type outside struct{ error }

func (o outside) Unwrap() error { return o.error }
