package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// peerTimeout bounds one run of the peer.
const peerTimeout = 20 * time.Minute

// torchLine is what the reference script prints.
type torchLine struct {
	TokensPerSecond  float64  `json:"tok_s"`
	PairsPerSecond   float64  `json:"pairs_s"`
	PromptsPerSecond float64  `json:"prompts_s"`
	CPU              float64  `json:"cpu_s"`
	PeakMB           int64    `json:"peak_mb"`
	Lengths          [][2]int `json:"lengths"`
}

// torch runs the reference script.
func (w *workload) torch(ctx context.Context, args ...string) (torchLine, error) {
	var line torchLine
	ctx, cancel := context.WithTimeout(ctx, peerTimeout)
	defer cancel()
	args = append([]string{w.reference, "--preset", w.preset, "--threads", strconv.Itoa(w.threads)}, args...)
	cmd := exec.CommandContext(ctx, w.python, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return line, fmt.Errorf("%s: %w", cmd, err)
	}
	if err := json.Unmarshal(out, &line); err != nil {
		return line, fmt.Errorf("%s: %w", cmd, err)
	}
	return line, nil
}

func torchTraining(mode string) side {
	return func(ctx context.Context, w *workload) (measured, error) {
		l, err := w.torch(ctx, "--mode", mode, "--batch", strconv.Itoa(rows), "--seq", strconv.Itoa(length))
		return measured{Rate: l.TokensPerSecond, CPU: l.CPU * 3, PeakMB: l.PeakMB}, err
	}
}

func torchPairs(full bool) side {
	return func(ctx context.Context, w *workload) (measured, error) {
		args := []string{"--mode", "train-pairs", "--batch", strconv.Itoa(rows), "--pairs", strconv.Itoa(pairs)}
		if full {
			args = append(args, "--full")
		}
		l, err := w.torch(ctx, args...)
		return measured{Rate: l.PairsPerSecond, CPU: l.CPU, PeakMB: l.PeakMB}, err
	}
}

func torchGreedy(batch int) side {
	return func(ctx context.Context, w *workload) (measured, error) {
		l, err := w.torch(ctx, "--mode", "generate", "--batch", strconv.Itoa(batch), "--prompt", strconv.Itoa(prompt), "--new", strconv.Itoa(newTokens))
		return measured{Rate: l.TokensPerSecond, CPU: l.CPU, PeakMB: l.PeakMB}, err
	}
}

func torchBeam(prompts int) side {
	return func(ctx context.Context, w *workload) (measured, error) {
		l, err := w.torch(ctx, "--mode", "beam", "--beams", strconv.Itoa(beams), "--prompts", strconv.Itoa(prompts),
			"--prompt", strconv.Itoa(prompt), "--new", strconv.Itoa(beamTokens))
		return measured{Rate: l.PromptsPerSecond, CPU: l.CPU, PeakMB: l.PeakMB}, err
	}
}

// pairLengths are the lengths of prompts and completions that the peer draws,
// so that both sides train on the same. It asks the smallest network for them.
func (w *workload) pairLengths(ctx context.Context) ([][2]int, error) {
	if w.lengths != nil {
		return w.lengths, nil
	}
	if w.reference == "" {
		return nil, errNoPeer
	}
	tiny := *w
	tiny.preset = "small"
	l, err := tiny.torch(ctx, "--mode", "train-pairs", "--batch", strconv.Itoa(rows), "--pairs", strconv.Itoa(pairs),
		"--hidden", "16", "--layers", "1", "--heads", "2", "--kv-heads", "1", "--ff", "16", "--vocab", "32")
	if err == nil && len(l.Lengths) != pairs {
		err = fmt.Errorf("the peer drew %d lengths, expected %d", len(l.Lengths), pairs)
	}
	w.lengths = l.Lengths
	return l.Lengths, err
}
