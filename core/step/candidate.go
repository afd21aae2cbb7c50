package step

import pb "harness/core/protocol/harnesspb"

// Patch is what a candidate does to the buggy file.
type Patch struct {
	Edits    []Edit `json:"edits,omitempty"`
	None     string `json:"none,omitempty"`     // why there is no patch
	Unplaced string `json:"unplaced,omitempty"` // why it cannot be applied, which is not the model's doing
}

// Edit replaces lines Start … End-1, counted from 1.
type Edit struct {
	Start int32  `json:"start"`
	End   int32  `json:"end"`
	Text  string `json:"text"`
}

func patchOf(m *pb.Patch) *Patch {
	if m == nil {
		return nil
	}
	p := &Patch{None: m.None, Unplaced: m.Unplaced}
	for _, e := range m.Edits {
		p.Edits = append(p.Edits, Edit{e.GetStart(), e.GetEnd(), e.GetText()})
	}
	return p
}

func (p *Patch) message() *pb.Patch {
	m := &pb.Patch{None: p.None, Unplaced: p.Unplaced}
	for _, e := range p.Edits {
		m.Edits = append(m.Edits, &pb.Edit{Start: e.Start, End: e.End, Text: e.Text})
	}
	return m
}
