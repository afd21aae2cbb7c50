package step

import (
	"fmt"
	"math"

	"harness/core/ir"
	pb "harness/core/protocol/harnesspb"
)

// Optimization is the part of a training recipe that a whole chain of epoch
// segments shares. Settings that decide nothing beside the others are zero,
// so that they change no key.
type Optimization struct {
	Optimizer    string     `json:"optimizer"`
	LearningRate float64    `json:"learning_rate"`
	Betas        [2]float64 `json:"betas"` // adamw
	Epsilon      float64    `json:"epsilon"`
	// DecayRate and ClipThreshold are Adafactor's.
	DecayRate     float64 `json:"decay_rate,omitempty"`
	ClipThreshold float64 `json:"clip_threshold,omitempty"`
	WeightDecay   float64 `json:"weight_decay"`
	// DecayAll lets biases and the parameters of norms decay too.
	DecayAll    bool    `json:"decay_all,omitempty"`
	Schedule    string  `json:"schedule"`
	WarmupSteps int     `json:"warmup_steps"`
	WarmupShare float64 `json:"warmup_share,omitempty"` // of all steps
	// TotalEpochs is set only where a step's rate depends on it: a chain with
	// a constant rate is the same whatever its end.
	TotalEpochs int     `json:"total_epochs,omitempty"`
	BatchSize   int     `json:"batch_size"`
	MicroBatch  int     `json:"micro_batch,omitempty"` // examples at once; 0: as many as memory allows
	Clip        float64 `json:"clip"`
	Packing     bool    `json:"packing,omitempty"`
	// PositionsFromPadding counts positions as if shorter examples were padded
	// on the left without position ids.
	PositionsFromPadding bool   `json:"positions_from_padding,omitempty"`
	Precision            string `json:"precision,omitempty"`              // bf16; empty: f32
	Checkpointing        string `json:"gradient_checkpointing,omitempty"` // on, off; empty: the engine chooses
}

// message says the recipe to the engine.
func (o Optimization) message(net *network, examples int) (*pb.TrainStart, error) {
	total := int64(o.TotalEpochs) * int64((examples+o.BatchSize-1)/o.BatchSize)
	start := &pb.TrainStart{
		Optimizer: &pb.Optimizer{
			Name: o.Optimizer, LearningRate: o.LearningRate, Beta1: o.Betas[0], Beta2: o.Betas[1], Epsilon: o.Epsilon,
			WeightDecay: o.WeightDecay, DecayRate: o.DecayRate, ClipThreshold: o.ClipThreshold,
		},
		Schedule:  &pb.Schedule{Name: o.Schedule, WarmupSteps: o.warmup(total), TotalSteps: total},
		BatchSize: int32(o.BatchSize), MicroBatch: int32(o.MicroBatch), Clip: o.Clip,
		Pack: o.Packing, PositionsFromPadding: o.PositionsFromPadding,
	}
	switch o.Checkpointing {
	case "on":
		start.Checkpointing = pb.GradientCheckpointing_GRADIENT_CHECKPOINTING_ON
	case "off":
		start.Checkpointing = pb.GradientCheckpointing_GRADIENT_CHECKPOINTING_OFF
	}
	if o.WeightDecay > 0 && !o.DecayAll {
		var err error
		if start.Optimizer.NoDecay, err = undecayed(net); err != nil {
			return nil, err
		}
	}
	return start, nil
}

// warmup is the number of warm-up steps, rounded as Hugging Face's Trainer
// rounds.
func (o Optimization) warmup(total int64) int64 {
	if o.WarmupShare > 0 {
		return int64(math.Ceil(o.WarmupShare * float64(total)))
	}
	return int64(o.WarmupSteps)
}

// undecayed names what does not decay: biases and the parameters of norms.
func undecayed(net *network) ([]string, error) {
	graph, err := ir.Apply(net.built.Graph, net.attached.GetRewrite())
	if err != nil {
		return nil, err
	}
	program, err := ir.Expand(graph)
	if err != nil {
		return nil, fmt.Errorf("weight decay: %w", err)
	}
	trained, err := program.Trainable(net.attached.GetRewrite().GetTrain())
	if err != nil {
		return nil, fmt.Errorf("weight decay: %w", err)
	}
	return intersection(program.NormsAndBiases(), trained), nil
}

// intersection of two sorted lists.
func intersection(a, b []string) []string {
	var both []string
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			both = append(both, a[0])
			a, b = a[1:], b[1:]
		}
	}
	return both
}

// reduced says whether fewer examples than asked for were computed at once.
func (o Optimization) reduced(microBatch int32) bool {
	wanted := o.BatchSize
	if o.MicroBatch > 0 {
		wanted = o.MicroBatch
	}
	return microBatch > 0 && int(microBatch) < wanted
}

func precisionMessage(name string) pb.Precision {
	if name == "bf16" {
		return pb.Precision_PRECISION_BF16
	}
	return pb.Precision_PRECISION_UNSPECIFIED
}
