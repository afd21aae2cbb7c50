package main

// bench compares ours with a peer, or one of our ways with another.
type bench struct {
	name, unit, note string
	ours             side
	peer             side
	other            side // of ours, instead of a peer
	memory           bool // another line compares the peaks of the same runs
}

// A dense batch of the training benches, and the prompts of the decoding ones.
const (
	rows, length = 4, 256
	prompt       = 256
	newTokens    = 64
	beamTokens   = 32
	beams        = 10
	pairs        = 64
)

var benches = []bench{
	{name: "train-lora", unit: "tokens/s", ours: dense("lora"), peer: torchTraining("train-lora"), memory: true},
	{name: "train-full", unit: "tokens/s", ours: dense("full"), peer: torchTraining("train-full"), memory: true},
	{name: "train-pairs-lora", unit: "pairs/s", ours: pairsEpoch("lora", false), peer: torchPairs(false)},
	{name: "train-pairs-lora-packed", unit: "pairs/s", ours: pairsEpoch("lora", true), peer: torchPairs(false)},
	{name: "train-pairs-full", unit: "pairs/s", ours: pairsEpoch("full", false), peer: torchPairs(true)},
	{name: "greedy-1", unit: "tokens/s", ours: greedy(1, false), peer: torchGreedy(1)},
	{name: "greedy-8", unit: "tokens/s", ours: greedy(8, false), peer: torchGreedy(8)},
	{name: "greedy-32", unit: "tokens/s", ours: greedy(32, false), peer: torchGreedy(32)},
	{name: "beam-10", unit: "prompts/s", note: "one prompt at a time", ours: beamSearch(4, 1), peer: torchBeam(4)},
	{name: "beam-10-of-40", unit: "prompts/s", note: "40 prompts; the peer takes one at a time, as studies do", ours: beamSearch(40, 0), peer: torchBeam(8)},
	{name: "bf16-greedy-8", unit: "tokens/s", note: "peer: our own f32", ours: greedy(8, true), other: greedy(8, false)},
	{name: "bf16-greedy-32", unit: "tokens/s", note: "peer: our own f32", ours: greedy(32, true), other: greedy(32, false)},
}
