package plugintest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"harness/core/sdk"
	"harness/core/sdk/benchmark"
	"harness/core/sdk/engine"
	"harness/core/sdk/plugintest"
)

// recorder is a testing.TB that remembers what was wrong.
type recorder struct {
	testing.TB
	problems []string
}

func (r *recorder) Helper()           {}
func (r *recorder) Error(args ...any) { r.problems = append(r.problems, fmt.Sprint(args...)) }
func (r *recorder) Errorf(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

type described struct{ d *sdk.Description }

func (d described) Describe(context.Context) *sdk.Description { return d.d }

func TestDescribeFindsWhatIsWrong(t *testing.T) {
	two := 2.0
	schema := func(a ...*sdk.Attribute) *sdk.Description {
		return &sdk.Description{Name: "x", Version: "1", Summary: "s", Schema: &sdk.Schema{Attributes: a}}
	}
	tests := map[string]struct {
		description *sdk.Description
		want        string
	}{
		"good":              {schema(&sdk.Attribute{Name: "a", Type: `["list","number"]`, Description: "d", DefaultJson: "[1]"}), ""},
		"bare word":         {schema(&sdk.Attribute{Name: "a", Type: "string", Description: "d"}), ""},
		"no version":        {&sdk.Description{Name: "x", Summary: "s"}, "no version"},
		"other kind":        {&sdk.Description{Kind: "model", Name: "x", Version: "1", Summary: "s"}, `the kind is "model"`},
		"bad name":          {&sdk.Description{Name: "X y", Version: "1", Summary: "s"}, "not a valid kind and name"},
		"unknown type":      {schema(&sdk.Attribute{Name: "a", Type: "strong", Description: "d"}), "is none"},
		"default of a type": {schema(&sdk.Attribute{Name: "a", Type: "number", Description: "d", DefaultJson: `"x"`}), "does not fit"},
		"default too large": {schema(&sdk.Attribute{Name: "a", Type: "number", Description: "d", DefaultJson: "3", Maximum: &two}), "out of bounds"},
		"default not one":   {schema(&sdk.Attribute{Name: "a", Type: "string", Description: "d", DefaultJson: `"z"`, OneOf: []string{"y"}}), "not among"},
		"twice":             {schema(&sdk.Attribute{Name: "a", Type: "string", Description: "d"}, &sdk.Attribute{Name: "a", Type: "string", Description: "d"}), "there twice"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := &recorder{TB: t}
			plugintest.Describe(r, "adapter", described{test.description})
			got := strings.Join(r.problems, "\n")
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// trainer counts what it is given.
type trainer struct{ engine.Engine }

func (trainer) Describe(context.Context) *sdk.Description { return &sdk.Description{Name: "t"} }

func (trainer) Train(_ context.Context, start *engine.TrainStart, train, validation []*engine.TokenExample, send func(*engine.TrainEvent) error) error {
	if start.Seed == 13 {
		panic("unlucky")
	}
	for i := range 3 {
		if err := send(&engine.TrainEvent{Event: &engine.TrainEventStep{Step: &engine.TrainStep{Step: int64(i)}}}); err != nil {
			return err
		}
	}
	return send(&engine.TrainEvent{Event: &engine.TrainEventDone{Done: &engine.TrainDone{Tokens: int64(len(train)*1000 + len(validation))}}})
}

func TestTrainCarriesAllExamples(t *testing.T) {
	e := plugintest.Engine(t, trainer{})
	examples := make([]*engine.TokenExample, 1000)
	for i := range examples {
		examples[i] = &engine.TokenExample{Ids: make([]int32, 100)}
	}
	var last *engine.TrainEvent
	events := 0
	err := e.Train(t.Context(), &engine.TrainStart{}, examples, examples[:700], func(event *engine.TrainEvent) error {
		last = event
		events++
		return nil
	})
	if err != nil || events != 4 || last.GetDone().GetTokens() != 1000*1000+700 {
		t.Errorf("got %d events, the last %v, and %v", events, last, err)
	}
	err = e.Train(t.Context(), &engine.TrainStart{Seed: 13}, nil, nil, func(*engine.TrainEvent) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "panic: unlucky") {
		t.Errorf("a panic gave %v", err)
	}
}

// plain has no ability beyond a benchmark's.
type plain struct{ benchmark.Benchmark }

func (plain) Describe(context.Context) *sdk.Description { return &sdk.Description{Name: "plain"} }

func TestExportIsAnAbilityOfItsOwn(t *testing.T) {
	err := plugintest.Benchmark(t, plain{}).Export(t.Context(), &benchmark.ExportRequest{}, func(*benchmark.FetchEvent) {})
	if status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), "Export") {
		t.Errorf("got %v", err)
	}
}
