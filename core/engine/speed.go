package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// speed is the speed of a device, relative to the processors on which costs were
// measured.
type speed struct {
	class string
	rate  float64 // FLOPs per second of the timed product
}

// The timed product of two square f32 matrices, and its speed on the two processors on
// which costs were measured.
const (
	timedWidth    = 512
	timedFLOPs    = 2 * timedWidth * timedWidth * timedWidth
	referenceRate = 270e9 // FLOPs per second
	timedRuns     = 8
)

// seconds converts a cost into seconds on this device. It is 0 if the speed is not
// known.
func (s *speed) seconds(cost float64) float64 {
	if s == nil {
		return 0
	}
	return cost * referenceRate / s.rate
}

// basis describes the measurement behind seconds.
func (s *speed) basis() string {
	if s == nil {
		return ""
	}
	text := fmt.Sprintf("a product of two matrices of %d columns, which ran here at %.3g GFLOP/s", timedWidth, s.rate/1e9)
	if s.class != "cpu" {
		return text + "; what else a step takes is known of XLA on CPUs alone"
	}
	return text + "; compiling is counted, though what an earlier run compiled is loaded"
}

// deviceSpeed opens the device and times it. If the device cannot be opened, it
// returns nil and 0.
func (e *Engine) deviceSpeed(ctx context.Context) (*speed, int64, error) {
	if err := e.begin(ctx); err != nil {
		e.log.Warn("the device is not known", "error", err)
		return nil, 0, ctx.Err()
	}
	defer e.end()
	if e.speed == nil {
		if err := e.measure(); err != nil {
			return nil, 0, err
		}
	}
	return e.speed, e.memory(), nil
}

// measure times the product: the best of some runs, since other work on the
// machine only slows it down.
func (e *Engine) measure() error {
	x, err := e.executable("speed", func(in []*graph.Node) []*graph.Node {
		g := in[0].Graph()
		a := graph.Iota(g, shapes.Make(dtypes.Float32, timedWidth, timedWidth), 0)
		return []*graph.Node{graph.ReduceAllSum(graph.Dot(graph.Mul(a, in[0]), a).Product())}
	})
	if err != nil {
		return fmt.Errorf("time the device: %w", err)
	}
	best := time.Duration(0)
	for range timedRuns {
		started := time.Now()
		out, err := x.run([]any{float32(1)})
		if err != nil {
			return fmt.Errorf("time the device: %w", err)
		}
		scalar(out[0]) // waits for the result
		release(out...)
		if took := time.Since(started); best == 0 || took < best {
			best = took
		}
	}
	e.speed = &speed{class: e.class(), rate: timedFLOPs / best.Seconds()}
	return nil
}

// class of the open device.
func (e *Engine) class() string { return classOf(e.backendName, e.backend.DeviceDescription(0)) }

// memory of the open device in bytes; 0: not known.
func (e *Engine) memory() int64 {
	if c := e.class(); c != "cpu" && c != "go" {
		return 0
	}
	return procKilobytes("/proc/meminfo", "MemTotal:")
}
