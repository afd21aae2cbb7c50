package study_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"harness/core/protocol/harnesspb"
	"harness/core/study"
)

// TestSettingsAreFields: what a study says of training and decoding is the message that goes to the engine. Only what the
// host itself does stands beside it.
func TestSettingsAreFields(t *testing.T) {
	for block, c := range map[string]struct {
		message proto.Message
		host    []string // attributes that no engine sees
		trial   []string // fields that a trial sets
	}{
		"train":    {&harnesspb.Recipe{}, []string{"dataset", "max_length", "max_prompt_length", "max_target_length"}, nil},
		"generate": {&harnesspb.Decoding{}, []string{"max_prompt_length", "stop_strings"}, []string{"seed"}},
	} {
		t.Run(block, func(t *testing.T) {
			var attributes, fields []string
			for _, b := range study.Language().Blocks {
				if b.Type == block {
					for _, a := range b.Body.Attributes {
						attributes = append(attributes, a.Name)
					}
				}
			}
			all := c.message.ProtoReflect().Descriptor().Fields()
			for i := range all.Len() {
				fields = append(fields, string(all.Get(i).Name()))
			}
			got, want := append(attributes, c.trial...), append(fields, c.host...)
			slices.Sort(got)
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("attributes and fields differ (-fields +attributes):\n%s", diff)
			}
		})
	}
}
