package configjson

import (
	"slices"

	"harness/core/sdk/model"
)

// Tied decides, as transformers 5 does, whether a network's head is its token
// table: config.json decides, unless the checkpoint holds both and they differ;
// then they are not tied. The table may have several names.
func Tied(request *model.BuildRequest, tied bool, head string, table ...string) bool {
	original := func(names ...string) string {
		for _, t := range request.GetTensors() {
			switch {
			case !slices.Contains(names, t.GetName()):
			case t.GetSameAs() != "":
				return t.GetSameAs()
			default:
				return t.GetName()
			}
		}
		return ""
	}
	a, b := original(head), original(table...)
	return tied && (a == "" || b == "" || a == b)
}
