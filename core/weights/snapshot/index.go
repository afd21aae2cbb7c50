package snapshot

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// index reads which shard holds each tensor.
func (f folder) index(form format) (map[string]string, error) {
	text, err := f.read(form.index)
	if err != nil {
		return nil, err
	}
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, fmt.Errorf("%s: %w", form.index, err)
	}
	if len(index.WeightMap) == 0 {
		return nil, fmt.Errorf("%s lists no tensors", form.index)
	}
	return index.WeightMap, nil
}

// checkAdapter refuses a folder that also holds an adapter: transformers would
// load the adapter and its base model instead of the folder's weights.
func (f folder) checkAdapter() error {
	found, err := f.has(adapterFile)
	if err == nil && found {
		err = fmt.Errorf("checkpoint %s: also holds %s, so it may mean the adapter or the weights; move one of them to a folder of its own", f.dir, adapterFile)
	}
	return err
}

// checkAlone refuses other weights of the same format beside a single file with
// all weights, because it is unclear which to use.
func (f folder) checkAlone(form format) error {
	indexed, err := f.has(form.index)
	if err != nil {
		return err
	}
	if indexed {
		at, err := f.index(form)
		if err != nil {
			return err
		}
		for _, shard := range at {
			if shard != form.single {
				return fmt.Errorf("holds %s and also %s, which lists %s: keep the weights that are meant", form.single, form.index, shard)
			}
		}
	}
	present, err := f.files()
	if err != nil {
		return err
	}
	stem, extension, _ := strings.Cut(form.single, ".")
	for _, name := range present {
		if m := numbered.FindStringSubmatch(name); m != nil && m[1] == stem && m[4] == "."+extension {
			return fmt.Errorf("holds %s and also the shard %s: keep the weights that are meant", form.single, name)
		}
	}
	return nil
}

var numbered = regexp.MustCompile(`^(.*)-(\d{5})-of-(\d{5})(\.safetensors|\.bin)$`)

// checkNumbering finds shards that the index omits: a gap in k-of-n names, or a
// file of the same series in the folder.
func (f folder) checkNumbering(listed map[string]bool) error {
	present, err := f.files()
	if err != nil {
		return err
	}
	for _, shard := range slices.Sorted(maps.Keys(listed)) {
		m := numbered.FindStringSubmatch(shard)
		if m == nil {
			continue
		}
		// Five digits always parse.
		total, _ := strconv.Atoi(m[3])
		for k := 1; k <= total; k++ {
			if want := fmt.Sprintf("%s-%05d-of-%s%s", m[1], k, m[3], m[4]); !listed[want] {
				return fmt.Errorf("shard %s is not listed", want)
			}
		}
		for _, name := range present {
			if other := numbered.FindStringSubmatch(name); other != nil && other[1] == m[1] && other[4] == m[4] && !listed[name] {
				return fmt.Errorf("shard %s is in the folder but is not listed", name)
			}
		}
	}
	return nil
}
