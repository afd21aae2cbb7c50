package step

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	pb "harness/core/protocol/harnesspb"
)

// Dataset reads and splits training samples into samples.jsonl. What a data set
// has and cannot give as samples is in skipped.jsonl, a line an id with its
// reason; dataset.json counts.
type Dataset struct {
	Plugin Plugin `json:"plugin"`
	// Validation is the share of samples kept apart where the data set does
	// not split itself; who is in it depends on the sample's id alone.
	Validation float64 `json:"validation"`
	Limit      int     `json:"limit"`
	Seed       uint64  `json:"seed"`
}

// DatasetSummary is dataset.json.
type DatasetSummary struct {
	Samples int `json:"samples"`
	// Skipped counts the entries that are not samples, by the plugin's reason.
	Skipped map[string]int `json:"skipped,omitempty"`
	// Licences counts samples by licence, where the plugin states one.
	Licences map[string]int `json:"licences,omitempty"`
}

func (Dataset) Kind() string       { return "dataset" }
func (Dataset) Version() int       { return 3 }
func (Dataset) Inputs() []Input    { return nil }
func (Dataset) Resource() Resource { return IO }

// SamplesPart is the part of a dataset or clean step that is trained on.
const SamplesPart = "samples"

// Parts implements [Divisible].
func (Dataset) Parts(dir string) (map[string]string, error) {
	return fileParts(dir, map[string]string{SamplesPart: "samples.jsonl"})
}

// errEnough ends a stream that has given what was asked for.
var errEnough = errors.New("enough")

func (w Dataset) Run(ctx context.Context, env *Env, dir string) (err error) {
	data, err := env.Plugins.Dataset(ctx, w.Plugin.Name)
	if err != nil {
		return err
	}
	out, err := createLines(dir, "samples.jsonl")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.close()) }()
	skipped, err := createLines(dir, "skipped.jsonl")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, skipped.close()) }()
	splits := data.Describe(ctx).GetSplits()
	sum := DatasetSummary{Skipped: map[string]int{}, Licences: map[string]int{}}
	seen := map[string]bool{}
	err = data.Samples(ctx, &pb.SamplesRequest{Config: w.Plugin.Config, BaseDir: w.Plugin.BaseDir}, func(s *pb.Sample) error {
		if s.Content == nil && s.Skipped != "" {
			sum.Skipped[s.Skipped]++
			return skipped.write(s)
		}
		if w.Limit > 0 && sum.Samples == w.Limit {
			return errEnough
		}
		if seen[s.Id] {
			return fmt.Errorf("two samples have the id %q", s.Id)
		}
		seen[s.Id] = true
		if s.Split != "" && !splits {
			return fmt.Errorf("sample %q has a split, and the plugin's description does not say that its samples may have one (splits)", s.Id)
		}
		if err := w.place(s); err != nil {
			return err
		}
		sum.Samples++
		if s.Licence != "" {
			sum.Licences[s.Licence]++
		}
		env.Progress(int64(sum.Samples), int64(w.Limit), "samples")
		return out.write(s)
	})
	if err != nil && !errors.Is(err, errEnough) {
		return fmt.Errorf("read data set %s: %w", w.Plugin.Name, err)
	}
	if sum.Samples == 0 {
		return fmt.Errorf("data set %s has no samples%s", w.Plugin.Name, among(sum.Skipped))
	}
	if err := w.Plugin.unchanged(ctx, env); err != nil {
		return err
	}
	return writeJSON(dir, "dataset.json", sum)
}

// place checks a sample and puts it into a split.
func (w Dataset) place(s *pb.Sample) error {
	if s.Content == nil {
		return fmt.Errorf("sample %q has neither a fix nor text", s.Id)
	}
	switch s.Split {
	case "train", "validation":
	case "":
		s.Split = "train"
		if share(w.Seed, s.Id) < w.Validation {
			s.Split = "validation"
		}
	default:
		return fmt.Errorf("sample %q has the split %q; it may be train, validation or empty", s.Id, s.Split)
	}
	return nil
}

// among lists what was skipped, in the order of the reasons.
func among(skipped map[string]int) string {
	if len(skipped) == 0 {
		return ""
	}
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(skipped)) {
		parts = append(parts, fmt.Sprintf("%d: %s", skipped[reason], reason))
	}
	return " among what it holds (" + strings.Join(parts, "; ") + ")"
}

// share spreads ids evenly over [0,1).
func share(seed uint64, id string) float64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d\x00%s", seed, id)
	x := h.Sum64()
	// FNV's high bits vary little for short texts; finish as murmur3 does.
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}
