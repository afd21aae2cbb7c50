package step

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"harness/core/pluginhost"
	"harness/core/protocol/client"
	pb "harness/core/protocol/harnesspb"
	"harness/core/sdk"
	"harness/core/sdk/plugintest"
)

// edited is a data set whose file somebody edits after it was looked at so many
// times.
type edited struct {
	looks, after int
}

func (*edited) Describe(context.Context) *sdk.Description {
	return &sdk.Description{Name: "edited", Version: "1.0.0", Summary: "a data set for a test"}
}

func (e *edited) Resolve(context.Context, *sdk.ResolveRequest) (*sdk.ResolveResponse, error) {
	e.looks++
	return &sdk.ResolveResponse{Identity: fmt.Sprint("sha256:", e.looks > e.after)}, nil
}

func (*edited) Samples(_ context.Context, _ *pb.SamplesRequest, send func(*pb.Sample) error) error {
	return send(&pb.Sample{Id: "a", Content: &pb.Sample_Text{Text: "text"}})
}

// inProcess gives steps plugins of this process.
type inProcess struct {
	Plugins
	dataset *client.Dataset
}

func (p inProcess) Dataset(context.Context, string) (*client.Dataset, error) { return p.dataset, nil }

func (p inProcess) Info(_ context.Context, kind, name string) (pluginhost.Info, error) {
	return pluginhost.Info{Kind: kind, Name: name, Version: "1.0.0", Checksum: "ab"}, nil
}

func (p inProcess) Resolve(ctx context.Context, _, _ string, request *pb.ResolveRequest) (*pb.ResolveResponse, error) {
	return p.dataset.Resolve(ctx, request)
}

// TestDataThatChangeWhileTheyAreRead are not kept under the digest that the plan
// saw.
func TestDataThatChangeWhileTheyAreRead(t *testing.T) {
	for after, wrong := range map[int]bool{1: true, 2: false} {
		s := newShelf(t)
		env := s.env()
		env.Plugins = inProcess{dataset: plugintest.Dataset(t, &edited{after: after})}
		planned, err := env.Plugins.Resolve(t.Context(), "dataset", "edited", &pb.ResolveRequest{})
		if err != nil {
			t.Fatal(err)
		}
		one, err := New("dataset edited", Dataset{Plugin: Plugin{Kind: "dataset", Name: "edited", Version: "1.0.0", Identity: planned.Identity}})
		if err != nil {
			t.Fatal(err)
		}
		made, err := one.Make(t.Context(), *env)
		if wrong != (err != nil && strings.Contains(err.Error(), "changed while the study ran")) || made == wrong {
			t.Errorf("edited after %d looks: made %v, %v", after, made, err)
		}
		if wrong {
			continue
		}
		p, err := s.results.Provenance(one.ID)
		if err != nil || len(p.Plugins) != 1 || p.Plugins[0].Checksum != "ab" || p.Start.IsZero() || p.End.Before(p.Start) {
			t.Errorf("provenance is %+v, %v", p, err)
		}
	}
}
