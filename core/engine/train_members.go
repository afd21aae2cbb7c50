package engine

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"google.golang.org/protobuf/proto"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
)

// maxMembers bounds the trainings of one stack.
const maxMembers = 64

// member is one training of an epoch.
type member struct {
	place    int
	rate     float64
	trained  string // as in ModelState
	stateIn  string
	stateOut string // empty: nothing is trained in this place

	state   *state
	weights []*tensors.Tensor   // in the order of the program's parameters; what trains is its own
	kept    [][]*tensors.Tensor // the optimizer's state, by trained parameter

	sum, labels float64 // of the epoch's losses
	done        *harnesspb.TrainDone
	ended       bool // done was sent
}

// membersOf are those of a start message: one without a stack.
func membersOf(s *harnesspb.TrainStart) []*harnesspb.TrainMember {
	if together := s.GetTogether(); len(together) > 0 {
		return together
	}
	return []*harnesspb.TrainMember{{
		LearningRate: s.GetOptimizer().GetLearningRate(), Trained: s.GetModel().GetTrained(),
		StateIn: s.GetStateIn(), StateOut: s.GetStateOut(),
	}}
}

func checkMembers(n *network, s *harnesspb.TrainStart) error {
	if len(s.GetTogether()) > 0 {
		switch {
		case len(s.GetTogether()) > maxMembers:
			return fmt.Errorf("%d trainings together, at most %d are possible", len(s.GetTogether()), maxMembers)
		case int(s.GetBatchSize())*len(s.GetTogether()) > maxRows:
			return fmt.Errorf("%d trainings together with batches of %d are more than %d examples at once", len(s.GetTogether()), s.GetBatchSize(), maxRows)
		case n.alone != nil && len(s.GetTogether()) > 1:
			return fmt.Errorf("several trainings cannot be computed together: %w", n.alone)
		case s.GetOptimizer().GetLearningRate() != 0 || s.GetModel().GetTrained() != "" || s.GetStateIn() != "" || s.GetStateOut() != "":
			return errors.New("a learning rate, trained weights or folders beside trainings together, which have their own")
		}
	}
	folders := map[string]bool{}
	for i, m := range membersOf(s) {
		if m.GetVacant() {
			if !proto.Equal(m, &harnesspb.TrainMember{Vacant: true}) {
				return fmt.Errorf("training %d: a vacant place says what would be trained in it", i)
			}
			continue
		}
		if (s.GetEpoch() > 0) != (m.GetStateIn() != "") {
			return fmt.Errorf("epoch %d: only epochs after the first continue an optimizer state", s.GetEpoch())
		}
		if m.GetStateOut() == "" {
			return errors.New("no folder for the result")
		}
		if folders[m.GetStateOut()] {
			return fmt.Errorf("training %d: its result goes to the folder of another, %s", i, m.GetStateOut())
		}
		folders[m.GetStateOut()] = true
		o := proto.Clone(s.GetOptimizer()).(*harnesspb.Optimizer)
		if o == nil {
			o = &harnesspb.Optimizer{}
		}
		o.LearningRate = m.GetLearningRate()
		if _, err := newOptimizer(o); err != nil {
			return err
		}
	}
	if len(folders) == 0 {
		return errors.New("all places are vacant: there is nothing to train")
	}
	return nil
}

// loadMembers puts every member's weights and optimizer state on the device.
// Frozen weights are there once.
func (t *trainer) loadMembers() error {
	started := false
	for i, from := range membersOf(t.start) {
		m := &member{place: i, rate: from.GetLearningRate(), trained: from.GetTrained(), stateIn: from.GetStateIn(), stateOut: from.GetStateOut()}
		t.members = append(t.members, m)
		if from.GetVacant() {
			continue
		}
		m.done = &harnesspb.TrainDone{
			ValidationLoss:       math.NaN(),
			ValidationExactMatch: math.NaN(),
			TrainableParameters:  t.network.counts.Trainable,
			AllParameters:        t.network.counts.All,
		}
		model := proto.Clone(t.start.GetModel()).(*harnesspb.ModelState)
		model.Trained = from.GetTrained()
		var err error
		if m.state, err = t.engine.load(t.network, model, false); err != nil {
			return err
		}
		m.weights = slices.Clone(m.state.weights)
		steps, err := t.loadKept(m)
		if err != nil {
			return err
		}
		if started && steps != t.step {
			return fmt.Errorf("training %d has had %d steps, another of the same stack %d", i, steps, t.step)
		}
		t.step, started = steps, true
	}
	return nil
}

func (t *trainer) free() {
	for _, m := range t.members {
		for i, kept := range m.kept {
			release(m.weights[t.updates.parameters[i].index])
			release(kept...)
		}
		if m.state != nil {
			m.state.free()
		}
	}
}

// running are the members that have not ended.
func (t *trainer) running() []*member {
	var running []*member
	for _, m := range t.members {
		if m.stateOut != "" && !m.ended {
			running = append(running, m)
		}
	}
	return running
}

// endDiverged sends away the members that diverged. Their places are computed
// on, with the weights of one that runs: the width of a stack may decide the
// last bits, what is in its other places does not.
func (t *trainer) endDiverged(send func(*harnesspb.TrainEvent) error) error {
	var diverged []*member
	for _, m := range t.running() {
		if m.done.Diverged != "" {
			diverged = append(diverged, m)
		}
	}
	return t.end(diverged, send)
}

// end sends the ends of members.
func (t *trainer) end(members []*member, send func(*harnesspb.TrainEvent) error) error {
	t.share()
	for _, m := range members {
		m.ended = true
		m.done.TrainLoss = m.sum / m.labels
		m.done.MicroBatch = int32(t.shapes.micro)
		m.done.PeakMemoryBytes = procKilobytes("/proc/self/status", "VmHWM:")
		if err := send(&harnesspb.TrainEvent{Member: int32(m.place), Event: &harnesspb.TrainEvent_Done{Done: m.done}}); err != nil {
			return err
		}
	}
	return nil
}

// share divides the time since the last lap among those that ran.
func (t *trainer) share() {
	now, running := time.Now(), t.running()
	for _, m := range running {
		m.done.Seconds += now.Sub(t.lap).Seconds() / float64(len(running))
	}
	t.lap = now
}

// weights are the arguments for a program's parameters, as a stack has them.
func (t *trainer) weights() []any {
	running := t.running()
	var args []any
	for i, p := range t.network.program.Parameters {
		if !t.network.trains(p.Name) {
			args = append(args, running[0].weights[i])
			continue
		}
		for _, m := range t.members {
			if m.stateOut == "" || m.ended {
				m = running[0]
			}
			args = append(args, m.weights[i])
		}
	}
	return args
}

// byPlace sorts what there is for each input that trains by the members.
func (t *trainer) byPlace(of []*tensors.Tensor) [][]*tensors.Tensor {
	out := make([][]*tensors.Tensor, len(t.members))
	for i, x := range of {
		place := i % len(t.members)
		out[place] = append(out[place], x)
	}
	return out
}

// extent is that of all trainings together.
func (s stack) extent(one ir.Extent) ir.Extent {
	one.Rows *= int64(max(1, s.width))
	return one
}

// onHost reads f32 values from the device.
func onHost(t *tensors.Tensor) ([]float64, error) {
	if t.Shape().IsScalar() {
		return []float64{scalar(t)}, nil
	}
	values, err := tensors.CopyFlatData[float32](t)
	if err != nil {
		return nil, fmt.Errorf("read from the device: %w", err)
	}
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out, nil
}
