package step

import (
	"testing"

	"pgregory.net/rapid"

	pb "harness/core/protocol/harnesspb"
)

func TestPackerKeepsTheStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &packer{length: rapid.IntRange(1, 9).Draw(t, "length")}
		var all []int32
		for _, ids := range rapid.SliceOf(rapid.SliceOf(rapid.Int32Range(0, 99))).Draw(t, "texts") {
			p.add(&pb.TokenExample{Ids: ids})
			all = append(all, ids...)
		}
		var packed []int32
		for _, chunk := range p.chunks {
			if len(chunk.Ids) != p.length {
				t.Fatalf("a chunk of %d tokens, want %d", len(chunk.Ids), p.length)
			}
			packed = append(packed, chunk.Ids...)
		}
		if left := len(all) - len(packed); left < 0 || left >= p.length {
			t.Fatalf("%d of %d tokens were packed", len(packed), len(all))
		}
		for i := range packed {
			if packed[i] != all[i] {
				t.Fatalf("token %d changed", i)
			}
		}
	})
}
