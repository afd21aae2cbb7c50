package main

import (
	"math"

	"harness/core/protocol/harnesspb"
)

// answers are a decoding's best candidates, by prompt.
type answers map[string]*harnesspb.TokenCandidate

// change is how answers differ from those of another way of computing them.
type change struct {
	Answers   int `json:"answers"`
	Identical int `json:"identical"`
	// Same is the share of tokens that come before an answer's first other one.
	Same float64 `json:"tokens_before_first_difference"`
	// LogProbability is the mean distance of those tokens' log-probabilities.
	LogProbability float64 `json:"log_probability"`
}

// changeOf compares the first runs of both sides; nil if they gave no answers.
func changeOf(ours, others []measured) *change {
	if len(ours) == 0 || len(others) == 0 || len(ours[0].answers) == 0 || len(others[0].answers) == 0 {
		return nil
	}
	var c change
	var same, all int
	var distance float64
	for id, x := range ours[0].answers {
		y, ok := others[0].answers[id]
		if !ok {
			continue
		}
		n := 0
		for n < len(x.GetIds()) && n < len(y.GetIds()) && x.GetIds()[n] == y.GetIds()[n] {
			distance += math.Abs(float64(x.GetLogProbabilities()[n] - y.GetLogProbabilities()[n]))
			n++
		}
		c.Answers++
		if n == len(x.GetIds()) && n == len(y.GetIds()) {
			c.Identical++
		}
		same, all = same+n, all+max(len(x.GetIds()), len(y.GetIds()))
	}
	c.Same = float64(same) / float64(max(1, all))
	c.LogProbability = distance / float64(max(1, same))
	return &c
}
