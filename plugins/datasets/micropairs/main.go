// Command harness-dataset-micropairs serves generated training samples: bug
// fixes in small Java methods, or the text of correct ones. See package gen.
package main

import (
	"context"
	"fmt"

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
		Version: "0.1.0",
		Summary: "generated bug fixes in small Java methods, held apart from microbugs",
		Schema: &sdk.Schema{Attributes: []*sdk.Attribute{
			{
				Name: "content", Type: `"string"`, DefaultJson: `"pairs"`, OneOf: []string{contentPairs, contentText},
				Description: "pairs: bug fixes for fine-tuning; text: correct methods for pretraining",
			},
			{
				Name: "count", Type: `"number"`, Required: true, Minimum: &fewest, Maximum: &most,
				Description: "number of samples",
			},
			{
				Name: "seed", Type: `"number"`, DefaultJson: "1", Minimum: &lowest,
				Description: "another seed gives other samples",
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
	switch c.Content {
	case contentPairs:
		for p := range gen.Pairs(c.Seed, c.Count) {
			sample := &dataset.Sample{Id: p.ID, Content: &dataset.PairContent{Pair: &dataset.Pair{
				Before: p.Before, Buggy: p.Buggy, After: p.After, Fixed: p.Fixed,
			}}}
			if err := sendOne(ctx, sample, send); err != nil {
				return err
			}
		}
	case contentText:
		index := 0
		for text := range gen.Texts(c.Seed, c.Count) {
			sample := &dataset.Sample{
				Id:      fmt.Sprintf("micropairs-text-%d-%06d", c.Seed, index),
				Content: &dataset.TextContent{Text: text},
			}
			index++
			if err := sendOne(ctx, sample, send); err != nil {
				return err
			}
		}
	default:
		return sdk.Diagnose([]string{"content"}, "unknown content",
			fmt.Sprintf("It is %q; it can be %q or %q.", c.Content, contentPairs, contentText))
	}
	return nil
}

// sendOne sends a sample unless the host has gone away.
func sendOne(ctx context.Context, sample *dataset.Sample, send func(*dataset.Sample) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return send(sample)
}
