package configjson

import (
	"slices"

	"harness/core/sdk/model"
)

// Tied decides whether a network's head is its token table, as transformers 5
// does: what config.json says, unless the checkpoint holds both and they
// differ; then each is used. The table may have several names.
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
