// Command harness-dataset-micropairs serves generated training samples: bug
// fixes in small Java methods, or documents for pretraining, whole or with lines
// to fill in. See package gen.
package main

import (
	"context"
	"fmt"
	"iter"

	"harness/core/sdk"
	"harness/core/sdk/dataset"
	"harness/plugins/datasets/micropairs/gen"
)

func main() { dataset.Serve(micropairs{}) }

// micropairs has no state: what it sends follows from the configuration.
type micropairs struct{}

// config is the body of a dataset block.
type config struct {
	Content string `json:"content"`
	Seed    uint64 `json:"seed"`
	Count   int    `json:"count"`
}

// The values of the attribute content.
const (
	contentPairs = "pairs"
	contentText  = "text"
	contentHoles = "holes"
	contentBoth  = "text and holes"
)

// maxCount bounds what one block may ask for. There are enough different
// methods for as many pairs.
const maxCount = 1_000_000

// Describe is called for `harness validate`.
func (micropairs) Describe(context.Context) *dataset.Description {
	lowest, fewest, most := 0.0, 1.0, float64(maxCount)
	return &dataset.Description{
		Kind:    "dataset",
		Name:    "micropairs",
		Version: "0.2.0",
		Summary: "Generated bug fixes in small Java methods, apart from those of the benchmark microbugs.",
		Schema: &sdk.Schema{Attributes: []*sdk.Attribute{
			{
				Name: "content", Type: `"string"`, DefaultJson: `"pairs"`, OneOf: []string{contentPairs, contentText, contentHoles, contentBoth},
				Description: "What is generated: pairs of a bug and its fix; for pretraining, text of methods and of commits of them, holes, which are such documents with lines to fill in, or texts with a hole after every three.",
			},
			{
				Name: "count", Type: `"number"`, Required: true, Minimum: &fewest, Maximum: &most,
				Description: "Number of samples.",
			},
			{
				Name: "seed", Type: `"number"`, DefaultJson: "1", Minimum: &lowest,
				Description: "Another seed gives other samples.",
			},
		}},
	}
}

// Samples sends the samples in the order of the generator. Core splits them.
func (micropairs) Samples(ctx context.Context, request *dataset.SamplesRequest, send func(*dataset.Sample) error) error {
	var c config
	if err := sdk.Decode(request.Config, &c); err != nil {
		return err
	}
	if c.Count < 1 || c.Count > maxCount {
		return sdk.Diagnose([]string{"count"}, "count out of range",
			fmt.Sprintf("It is %d; it can be 1 to %d.", c.Count, maxCount))
	}
	samples := map[string]iter.Seq[*dataset.Sample]{
		contentPairs: pairs(c), contentText: texts(c), contentHoles: holes(c), contentBoth: both(c),
	}[c.Content]
	if samples == nil {
		return sdk.Diagnose([]string{"content"}, "unknown content",
			fmt.Sprintf("It is %q; it can be %q, %q, %q or %q.", c.Content, contentPairs, contentText, contentHoles, contentBoth))
	}
	for sample := range samples {
		if err := ctx.Err(); err != nil { // the host has gone away
			return err
		}
		if err := send(sample); err != nil {
			return err
		}
	}
	return nil
}

func pairs(c config) iter.Seq[*dataset.Sample] {
	return func(yield func(*dataset.Sample) bool) {
		for p := range gen.Pairs(c.Seed, c.Count) {
			if !yield(pairSample(p.ID, &dataset.Pair{Before: p.Before, Buggy: p.Buggy, After: p.After, Fixed: p.Fixed})) {
				return
			}
		}
	}
}

func texts(c config) iter.Seq[*dataset.Sample] {
	return func(yield func(*dataset.Sample) bool) {
		index := 0
		for text := range gen.Texts(c.Seed, c.Count) {
			id := fmt.Sprintf("micropairs-text-%d-%06d", c.Seed, index)
			if !yield(&dataset.Sample{Id: id, Content: &dataset.TextContent{Text: text}}) {
				return
			}
			index++
		}
	}
}

// holes are pairs without buggy lines.
func holes(c config) iter.Seq[*dataset.Sample] {
	return func(yield func(*dataset.Sample) bool) {
		index := 0
		for h := range gen.Holes(c.Seed, c.Count) {
			id := fmt.Sprintf("micropairs-hole-%d-%06d", c.Seed, index)
			if !yield(pairSample(id, &dataset.Pair{Before: h.Before, After: h.After, Fixed: h.Lines})) {
				return
			}
			index++
		}
	}
}

// textsPerHole is how many texts stand before each hole where both are sent. Of a
// text every token is learnt, and so most of what a model knows; of a hole only what
// is put where.
const textsPerHole = 3

// both sends texts, and holes among them.
func both(c config) iter.Seq[*dataset.Sample] {
	return func(yield func(*dataset.Sample) bool) {
		nextText, stopTexts := iter.Pull(texts(c))
		defer stopTexts()
		nextHole, stopHoles := iter.Pull(holes(c))
		defer stopHoles()
		for index := range c.Count {
			next := nextText
			if index%(textsPerHole+1) == textsPerHole {
				next = nextHole
			}
			if sample, ok := next(); !ok || !yield(sample) {
				return
			}
		}
	}
}

func pairSample(id string, pair *dataset.Pair) *dataset.Sample {
	return &dataset.Sample{Id: id, Content: &dataset.PairContent{Pair: pair}}
}
