// Command harness-dataset-jsonl reads training samples from a file of one JSON
// object a line, plain or ending in .gz:
//
//	dataset "jsonl" "fixes" { path = "fixes.jsonl.gz" }
//
// A line is a fix at function level, {"id", "split", "before", "buggy",
// "after", "fixed"}, where before + buggy + after is the buggy function; or
// plain text, {"id", "split", "text"}. The split is "train", "validation" or
// absent; other fields are ignored.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"harness/core/sdk"
	"harness/core/sdk/dataset"
	"harness/core/sdk/jsonlines"
)

func main() { dataset.Serve(plugin{}) }

type plugin struct{}

func (plugin) Describe(context.Context) *dataset.Description {
	return &dataset.Description{
		Name:    "jsonl",
		Version: "0.1.0",
		Summary: "Training samples from a file of one JSON object a line.",
		Schema: &sdk.Schema{Attributes: []*sdk.Attribute{{
			Name:        "path",
			Type:        "string",
			Required:    true,
			Description: "The file, from the study's folder. With the ending .gz it is compressed.",
		}}},
	}
}

type config struct {
	Path string `json:"path"`
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

// Resolve names the file by its content.
func (plugin) Resolve(_ context.Context, request *sdk.ResolveRequest) (*sdk.ResolveResponse, error) {
	var c config
	if err := sdk.Decode(request.GetConfig(), &c); err != nil {
		return nil, err
	}
	path, err := c.file(request.GetBaseDir())
	if err != nil {
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
	path, err := c.file(request.GetBaseDir())
	if err != nil {
		return err
	}
	seen := map[string]int{}
	return jsonlines.Each(ctx, path, func(line int, data []byte) error {
		sample, err := parse(line, data)
		if err != nil {
			return err
		}
		if first, ok := seen[sample.Id]; ok {
			return fmt.Errorf("the id %q is that of line %d, too", sample.Id, first)
		}
		seen[sample.Id] = line
		return send(sample)
	})
}

// record is a line. Its pointers tell what is absent from what is empty.
type record struct {
	ID     string  `json:"id"`
	Split  string  `json:"split"`
	Before *string `json:"before"`
	Buggy  *string `json:"buggy"`
	After  *string `json:"after"`
	Fixed  *string `json:"fixed"`
	Text   *string `json:"text"`
}

// parse reads one line. A sample without an id is named by its line.
func parse(line int, data []byte) (*dataset.Sample, error) {
	var r record
	if err := jsonlines.Decode(data, &r); err != nil {
		return nil, err
	}
	switch r.Split {
	case "", "train", "validation":
	default:
		return nil, fmt.Errorf("the split is %q, neither \"train\" nor \"validation\"", r.Split)
	}
	sample := &dataset.Sample{Id: r.ID, Split: r.Split}
	if sample.Id == "" {
		sample.Id = strconv.Itoa(line)
	}
	isPair := r.Before != nil || r.Buggy != nil || r.After != nil || r.Fixed != nil
	switch {
	case isPair && r.Text != nil:
		return nil, errors.New("there are both a text and a fix; a line is one of them")
	case r.Text != nil:
		sample.Content = &dataset.TextContent{Text: *r.Text}
		return sample, nil
	case !isPair:
		return nil, errors.New("there is neither \"text\" nor a fix (\"before\", \"buggy\", \"after\", \"fixed\")")
	}
	pair := &dataset.Pair{}
	for _, field := range []struct {
		name string
		from *string
		to   *string
	}{{"before", r.Before, &pair.Before}, {"buggy", r.Buggy, &pair.Buggy}, {"after", r.After, &pair.After}, {"fixed", r.Fixed, &pair.Fixed}} {
		if field.from == nil {
			return nil, fmt.Errorf("the field %q is missing", field.name)
		}
		*field.to = lines(*field.from)
	}
	sample.Content = &dataset.PairContent{Pair: pair}
	return sample, nil
}

// lines ends a text that is not empty in a line end, as samples' parts do.
func lines(text string) string {
	if text != "" && text[len(text)-1] != '\n' {
		return text + "\n"
	}
	return text
}
