package configjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"harness/plugins/models/internal/configjson"
)

func TestForeignSettingsAreNamed(t *testing.T) {
	harmless := map[string][]string{"window": nil, "scale": {"1", "1.0"}}
	for text, want := range map[string]string{
		`{}`:                             "",
		`{"window": null, "scale": 1.0}`: "",
		`{"window": 4}`:                  "window is 4",
		`{"scale": 2}`:                   "scale is 2",
		`[]`:                             "cannot unmarshal",
	} {
		var p configjson.Problems
		p.Foreign([]byte(text), harmless)
		err := p.Err()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
}

func FuzzTokenIDs(f *testing.F) {
	for _, seed := range []string{"2", "[2, 3]", "null", "[]", `"x"`, "2.5", "1e99", "[null]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var ids configjson.TokenIDs
		if json.Unmarshal([]byte(text), &ids) != nil && len(ids) > 0 {
			t.Errorf("%q fails and gives %v", text, ids)
		}
	})
}
