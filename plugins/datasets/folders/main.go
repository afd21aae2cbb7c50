// Command harness-dataset-folders makes training samples of Java files before
// and after they were fixed:
//
//	dataset "folders" "commits" {
//	  path   = "commits"
//	  before = "before/*.java" # the default
//	  after  = "after/*.java"
//	}
//
// The * stands for the part that both names share, with its folders. It is the id of
// the sample: before/org/x/A.java and after/org/x/A.java are the sample "org/x/A".
// With before = "*_old.java" and after = "*_new.java" both files of a pair are in the
// same folder.
//
// A sample is the method around the differing lines, in the form of CLM's data: without
// comments and blank lines, and without the indentation that all its lines share. Files
// that give no sample are counted by reason: those that differ in more than one place,
// outside a method's body, or only in comments and white space; those without a fixed
// file; those larger than 1 MiB or not text. Links are not followed.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"harness/core/sdk"
	"harness/core/sdk/dataset"
	"harness/core/sdk/source"
)

func main() { dataset.Serve(plugin{}) }

type plugin struct{}

func (plugin) Describe(context.Context) *dataset.Description {
	return &dataset.Description{
		Name:    "folders",
		Version: "0.1.1",
		Summary: "Training samples from Java files before and after they were fixed.",
		Schema: &sdk.Schema{Attributes: []*sdk.Attribute{
			{Name: "path", Type: `"string"`, Required: true, Description: "Folder of the files. Relative paths start at the study's folder."},
			{
				Name: "before", Type: `"string"`, DefaultJson: `"before/*.java"`,
				Description: "Names of the files before the fix; `*` stands for what they share with the names of the fixed ones.",
			},
			{Name: "after", Type: `"string"`, DefaultJson: `"after/*.java"`, Description: "Names of the files after the fix."},
			{Name: "licence", Type: `"string"`, Description: "Licence of the files, such as Apache-2.0, for reports."},
		}},
	}
}

type config struct {
	Path    string `json:"path"`
	Before  string `json:"before"`
	After   string `json:"after"`
	Licence string `json:"licence"`
}

func (c config) names() (names, error) {
	var n names
	for _, of := range []struct {
		attribute, text string
		to              *pattern
	}{{"before", c.Before, &n.before}, {"after", c.After, &n.after}} {
		if strings.Count(of.text, "*") != 1 {
			return n, sdk.Diagnose([]string{of.attribute}, "Not one * in a name",
				fmt.Sprintf("%q must have one *, for what the names of both files have in common, such as \"before/*.java\".", of.text))
		}
		of.to.prefix, of.to.suffix, _ = strings.Cut(of.text, "*")
	}
	if n.before == n.after {
		return n, sdk.Diagnose([]string{"after"}, "Same names before and after", fmt.Sprintf("Both are %q; each file would be its own fix.", c.After))
	}
	return n, nil
}

// folder returns the folder's path, or a diagnostic if there is no such folder.
func (c config) folder(baseDir string) (string, error) {
	path := c.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(baseDir, path)
	}
	switch info, err := os.Stat(path); {
	case err != nil && !os.IsNotExist(err):
		return "", sdk.Diagnose([]string{"path"}, "Cannot read the folder", err.Error())
	case err != nil:
		return "", sdk.Diagnose([]string{"path"}, "Folder is missing", fmt.Sprintf("There is no folder %s. Relative paths start at the study's folder.", path))
	case !info.IsDir():
		return "", sdk.Diagnose([]string{"path"}, "Not a folder", fmt.Sprintf("%s is not a folder.", path))
	}
	return path, nil
}

// Resolve identifies the files of samples by their contents.
func (plugin) Resolve(ctx context.Context, request *sdk.ResolveRequest) (*sdk.ResolveResponse, error) {
	var c config
	if err := sdk.Decode(request.GetConfig(), &c); err != nil {
		return nil, err
	}
	n, err := c.names()
	if err != nil {
		return nil, err
	}
	folder, err := c.folder(request.GetBaseDir())
	if err != nil {
		return nil, err
	}
	identity, err := source.Identity(ctx, folder, source.Options{Keep: func(name string) bool {
		_, before := n.before.stem(name)
		_, after := n.after.stem(name)
		return before || after
	}})
	if err != nil {
		return nil, sdk.Diagnose([]string{"path"}, "Cannot read the folder", err.Error())
	}
	return &sdk.ResolveResponse{Identity: identity}, nil
}

// Samples sends the pairs in the order of the wrong files' names.
func (plugin) Samples(ctx context.Context, request *dataset.SamplesRequest, send func(*dataset.Sample) error) error {
	var c config
	if err := sdk.Decode(request.GetConfig(), &c); err != nil {
		return err
	}
	n, err := c.names()
	if err != nil {
		return err
	}
	folder, err := c.folder(request.GetBaseDir())
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	sizes, err := files(ctx, root)
	if err != nil {
		return err
	}
	pairs := n.pair(sizes)
	if len(pairs) == 0 {
		return sdk.Diagnose([]string{"path"}, "No files", fmt.Sprintf("None of the %d files in %s is called %s.", len(sizes), folder, c.Before))
	}
	for _, p := range pairs {
		if err := ctx.Err(); err != nil {
			return err
		}
		sample := &dataset.Sample{Id: p.stem, Licence: c.Licence, Origin: p.before}
		pair, reason, err := p.read(root, sizes)
		if err != nil {
			return err
		}
		if sample.Skipped = reason; reason == "" {
			sample.Content = &dataset.PairContent{Pair: pair}
		}
		if err := send(sample); err != nil {
			return err
		}
	}
	return nil
}
