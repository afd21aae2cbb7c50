package checkpoint

import (
	pb "harness/core/protocol/harnesspb"
	"harness/core/weights/snapshot"
)

// Request asks a model plugin for the network of a checkpoint. config is the
// configuration of the model block.
func Request(config []byte, s *snapshot.Summary) *pb.BuildRequest {
	r := &pb.BuildRequest{Config: config, CheckpointConfig: s.Config, GenerationConfig: s.Generation}
	for _, t := range s.Tensors {
		shape := make([]int64, len(t.Shape))
		for i, d := range t.Shape {
			shape[i] = int64(d)
		}
		r.Tensors = append(r.Tensors, &pb.CheckpointTensor{Name: t.Name, Dtype: string(t.DType), Shape: shape, SameAs: t.SameAs})
	}
	return r
}
