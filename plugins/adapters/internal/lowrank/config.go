// Package lowrank is what the adapters lora and dora share: their settings,
// the product of two narrow matrices beside a linear layer, and PEFT's format,
// in which DoRA is LoRA with a magnitude.
package lowrank

import (
	"fmt"
	"math"

	"harness/core/sdk"
	"harness/plugins/adapters/internal/layers"
)

const (
	maxRank  = 4096
	maxAlpha = 65536
)

// config is the block's body; defaults are PEFT's.
type config struct {
	Rank         int64          `json:"rank"`
	Alpha        float64        `json:"alpha"`
	Dropout      float64        `json:"dropout"`
	Targets      []string       `json:"targets"`
	Bias         string         `json:"bias"`
	RSLoRA       bool           `json:"rslora"`
	RankPattern  layers.Pattern `json:"rank_pattern"`
	AlphaPattern layers.Pattern `json:"alpha_pattern"`
}

func defaults() config { return config{Rank: 8, Alpha: 8, Bias: "none"} }

// Schema describes the block.
func Schema() *sdk.Schema {
	number := func(x float64) *float64 { return &x }
	return &sdk.Schema{Attributes: []*sdk.Attribute{
		{Name: "rank", Type: `"number"`, DefaultJson: "8", Minimum: number(1), Maximum: number(maxRank),
			Description: "Rank of the product that is added to a layer."},
		{Name: "alpha", Type: `"number"`, DefaultJson: "8", Minimum: number(0.001), Maximum: number(maxAlpha),
			Description: "The product is scaled by alpha / rank."},
		{Name: "dropout", Type: `"number"`, DefaultJson: "0", Minimum: number(0), Maximum: number(0.99),
			Description: "Share of the inputs that is dropped in training."},
		{Name: "targets", Type: `["list","string"]`,
			Description: "Linear layers to adapt: names, ends of names after a dot, or patterns with `*`. If not set, those that PEFT takes for the model's family."},
		{Name: "bias", Type: `"string"`, DefaultJson: `"none"`, OneOf: []string{"none", "all", "lora_only"},
			Description: "Biases that train as well: none, all of the model's, or those of the adapted layers."},
		{Name: "rslora", Type: `"bool"`, DefaultJson: "false",
			Description: "Whether the product is scaled by alpha / √rank instead (rank-stabilised LoRA)."},
		{Name: "rank_pattern", Type: `["map","number"]`,
			Description: "Other ranks for some layers: maps a regular expression, which matches a layer's name or its end after a dot, to a rank."},
		{Name: "alpha_pattern", Type: `["map","number"]`,
			Description: "Other values of alpha for some layers, chosen in the same way."},
	}}
}

func readConfig(text []byte) (config, error) {
	c := defaults()
	if err := sdk.Decode(text, &c); err != nil {
		return config{}, err
	}
	if attribute, problem := c.problem(); problem != "" {
		return config{}, sdk.Diagnose([]string{attribute}, "Value out of range", problem)
	}
	return c, nil
}

// problem says which attribute is out of range and why, or nothing.
func (c config) problem() (attribute, problem string) {
	switch {
	case c.Rank < 1 || c.Rank > maxRank:
		return "rank", fmt.Sprintf("The rank is %d, expected 1 to %d.", c.Rank, maxRank)
	case !(c.Alpha > 0 && c.Alpha <= maxAlpha):
		return "alpha", fmt.Sprintf("Alpha is %v, expected more than 0 and at most %d.", c.Alpha, maxAlpha)
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return "dropout", fmt.Sprintf("The rate is %v, expected 0 or more and less than 1.", c.Dropout)
	case c.Bias != "none" && c.Bias != "all" && c.Bias != "lora_only":
		return "bias", fmt.Sprintf("Bias is %q, expected \"none\", \"all\" or \"lora_only\".", c.Bias)
	}
	for _, rank := range c.RankPattern {
		if !(rank >= 1 && rank <= maxRank) || rank != math.Trunc(rank) {
			return "rank_pattern", fmt.Sprintf("A rank is %v, expected a whole number from 1 to %d.", rank, maxRank)
		}
	}
	for _, alpha := range c.AlphaPattern {
		if !(alpha > 0 && alpha <= maxAlpha) {
			return "alpha_pattern", fmt.Sprintf("An alpha is %v, expected more than 0 and at most %d.", alpha, maxAlpha)
		}
	}
	return "", ""
}

// product is one layer's share of the settings.
type product struct {
	layers.Layer
	rank  int64
	scale float64
}

func (c config) products(found []layers.Layer) ([]product, error) {
	var out []product
	for _, l := range found {
		rank, err := c.RankPattern.For("rank_pattern", l, float64(c.Rank))
		if err != nil {
			return nil, err
		}
		alpha, err := c.AlphaPattern.For("alpha_pattern", l, c.Alpha)
		if err != nil {
			return nil, err
		}
		p := product{Layer: l, rank: int64(rank), scale: alpha / rank}
		if c.RSLoRA {
			p.scale = alpha / math.Sqrt(rank)
		}
		out = append(out, p)
	}
	return out, nil
}
