package llama

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"harness/plugins/models/internal/configjson"
)

// rope is the part of config.json about rotary positions. Older files have
// rope_theta and rope_scaling, newer ones rope_parameters, which holds both.
type rope struct {
	Theta      *float64                   `json:"rope_theta"`
	Scaling    map[string]json.RawMessage `json:"rope_scaling"`
	Parameters map[string]json.RawMessage `json:"rope_parameters"`
	Partial    *float64                   `json:"partial_rotary_factor"`
	// Original is outside the two blocks and takes precedence over them.
	Original *int64 `json:"original_max_position_embeddings"`
}

// scaling is rope_scaling or rope_parameters. Not every kind has every value.
type scaling struct {
	Kind            string   `json:"rope_type"`
	OldKind         string   `json:"type"`
	Theta           *float64 `json:"rope_theta"`
	Partial         *float64 `json:"partial_rotary_factor"`
	Factor          *float64 `json:"factor"`
	Original        *int64   `json:"original_max_position_embeddings"`
	LowFactor       *float64 `json:"low_freq_factor"`
	HighFactor      *float64 `json:"high_freq_factor"`
	AttentionFactor *float64 `json:"attention_factor"`
	BetaFast        *float64 `json:"beta_fast"`
	BetaSlow        *float64 `json:"beta_slow"`
	MScale          *float64 `json:"mscale"`
	MScaleAll       *float64 `json:"mscale_all_dim"`
	Truncate        *bool    `json:"truncate"`
}

// values lists the keys that each kind reads, besides its name and theta.
// original_max_position_embeddings may be present for all kinds.
var values = map[string][]string{
	"default": nil,
	"linear":  {"factor"},
	"dynamic": {"factor"},
	"llama3":  {"factor", "low_freq_factor", "high_freq_factor"},
	"yarn":    {"factor", "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "truncate"},
}

// readScaling chooses one of the two blocks and checks it.
func (c *config) readScaling() (*scaling, error) {
	block, name := c.Scaling, "rope_scaling"
	if len(block) == 0 { // rope_scaling takes precedence if a file has both
		block, name = c.Parameters, "rope_parameters"
	}
	s := &scaling{}
	var p configjson.Problems
	p.Block(name, block, s)
	if s.Kind == "" {
		s.Kind = s.OldKind
	}
	if s.Kind == "" {
		s.Kind = "default"
	}
	known, ok := values[s.Kind]
	if !ok {
		return nil, fmt.Errorf("%s: the kind is %q, expected default, linear, dynamic, llama3 or yarn", name, s.Kind)
	}
	for _, key := range slices.Sorted(maps.Keys(block)) {
		switch key {
		case "rope_type", "type", "rope_theta", "partial_rotary_factor", "original_max_position_embeddings":
		default:
			p.Check(slices.Contains(known, key) || string(block[key]) == "null", "%s: the kind %q does not use %q", name, s.Kind, key)
		}
	}
	for _, partial := range []*float64{c.Partial, s.Partial} {
		p.Check(partial == nil || *partial == 1, "partial_rotary_factor is not 1: Llama rotates whole heads")
	}
	c.completeScaling(s)
	number := func(key string, value *float64, least, most float64) {
		p.Check(value != nil && *value >= least && *value <= most, "%s: %s is %s, expected a number from %v to %v", name, key, formatValue(value), least, most)
	}
	number("rope_theta", s.Theta, 1, 1e30)
	number("original_max_position_embeddings", new(float64(*s.Original)), 1, 1<<24)
	if s.Kind != "default" {
		number("factor", s.Factor, 1e-3, 1e6)
	}
	switch s.Kind {
	case "llama3":
		number("low_freq_factor", s.LowFactor, 1e-3, 1e6)
		number("high_freq_factor", s.HighFactor, 1e-3, 1e6)
		p.Check(s.LowFactor == nil || s.HighFactor == nil || *s.LowFactor < *s.HighFactor, "%s: low_freq_factor is not below high_freq_factor", name)
	case "yarn":
		number("beta_fast", s.BetaFast, 1e-3, 1e6)
		number("beta_slow", s.BetaSlow, 1e-3, 1e6)
		number("rope_theta", s.Theta, 1.001, 1e30)
		number("attention_factor", s.AttentionFactor, 1e-6, 1e6)
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

func formatValue(value *float64) string {
	if value == nil {
		return "missing"
	}
	return fmt.Sprint(*value)
}

// completeScaling fills in missing values, as transformers does.
func (c *config) completeScaling(s *scaling) {
	if s.Theta == nil {
		s.Theta = c.Theta
	}
	if s.Theta == nil {
		s.Theta = new(10000.0)
	}
	if c.Original != nil {
		s.Original = c.Original
	}
	if s.Original == nil {
		s.Original = &c.Positions
	}
	if s.Kind != "yarn" {
		return
	}
	if s.Factor == nil {
		s.Factor = new(float64(c.Positions) / float64(*s.Original))
	}
	// 0 counts as missing.
	if s.BetaFast == nil || *s.BetaFast == 0 {
		s.BetaFast = new(32.0)
	}
	if s.BetaSlow == nil || *s.BetaSlow == 0 {
		s.BetaSlow = new(1.0)
	}
	if s.AttentionFactor == nil {
		s.AttentionFactor = new(s.yarnAmplitude())
	}
}

// yarnAmplitude is the factor on cosines and sines from the YaRN paper.
func (s *scaling) yarnAmplitude() float64 {
	amplitude := func(m float64) float64 {
		if *s.Factor <= 1 {
			return 1
		}
		return 0.1*m*math.Log(*s.Factor) + 1
	}
	if s.MScale != nil && *s.MScale != 0 && s.MScaleAll != nil && *s.MScaleAll != 0 {
		return amplitude(*s.MScale) / amplitude(*s.MScaleAll)
	}
	return amplitude(1)
}

// frequencies returns the angle per position of each pair of elements of a head,
// and the factor on cosines and sines. It computes in f32 and in the same order
// as transformers' modeling_rope_utils.py, so that the angles of far positions
// agree.
func (c *config) frequencies() (frequencies []float64, amplitude float64, err error) {
	s, err := c.readScaling()
	if err != nil {
		return nil, 0, err
	}
	size := c.headSize()
	f := make([]float32, size/2)
	for j := range f {
		f[j] = 1 / power(*s.Theta, float32(2*j)/float32(size))
	}
	amplitude = 1
	switch s.Kind {
	case "linear":
		for j := range f {
			f[j] /= float32(*s.Factor)
		}
	case "llama3":
		for j := range f {
			f[j] = s.llama3(f[j])
		}
	case "yarn":
		s.yarn(f, size)
		amplitude = *s.AttentionFactor
	}
	frequencies = make([]float64, len(f))
	for j, v := range f {
		frequencies[j] = float64(v)
	}
	return frequencies, amplitude, nil
}

// power is base^exponent in f32.
func power(base float64, exponent float32) float32 {
	return float32(math.Pow(float64(float32(base)), float64(exponent)))
}

// llama3 lowers frequencies whose wavelength is long for the original context.
func (s *scaling) llama3(f float32) float32 {
	original, low, high, factor := float64(*s.Original), *s.LowFactor, *s.HighFactor, float32(*s.Factor)
	// torch computes number / tensor as number · (1/tensor).
	length := 1 / f * float32(2*math.Pi)
	switch {
	case length < float32(original/high):
		return f
	case length > float32(original/low):
		return f / factor
	}
	smooth := (1/length*float32(original) - float32(low)) / float32(high-low)
	return (1-smooth)*f/factor + smooth*f
}

// yarn mixes lowered and original frequencies, by the number of rotations of
// each within the original context.
func (s *scaling) yarn(f []float32, size int64) {
	turns := func(rotations float64) float64 {
		return float64(size) * math.Log(float64(*s.Original)/(rotations*2*math.Pi)) / (2 * math.Log(*s.Theta))
	}
	low, high := turns(*s.BetaFast), turns(*s.BetaSlow)
	if s.Truncate == nil || *s.Truncate {
		low, high = math.Floor(low), math.Ceil(high)
	}
	low, high = max(low, 0), min(high, float64(size-1))
	if low == high {
		high += 0.001
	}
	factor := float32(*s.Factor)
	for j := range f {
		ramp := (float32(j) - float32(low)) / float32(high-low)
		keep := 1 - min(max(ramp, 0), 1)
		period := power(*s.Theta, float32(2*j)/float32(size))
		f[j] = 1/(factor*period)*(1-keep) + 1/period*keep
	}
}
