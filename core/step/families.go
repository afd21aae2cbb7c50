package step

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"harness/core/pluginhost"
	pb "harness/core/protocol/harnesspb"
)

// Families are the installed model plugins, seen from one checkpoint.
type Families struct {
	ModelType string   // the checkpoint's
	Reading   []string // plugins that read this model type, or that do not say which they read
	Known     []string // model types that some plugin reads
}

// FindFamilies looks for plugins that read a checkpoint's config.json, by its
// model type. Plugins that cannot be used are passed over: they are not known to
// be meant.
func FindFamilies(ctx context.Context, plugins Plugins, config []byte) (*Families, error) {
	var named struct {
		ModelType string `json:"model_type"`
	}
	if err := json.Unmarshal(config, &named); err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	f := &Families{ModelType: named.ModelType}
	known := map[string]bool{}
	var open []string // plugins that do not say
	for _, name := range plugins.Names("model") {
		description, err := plugins.Describe(ctx, "model", name)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil || !description.GetNeedsCheckpoint() {
			continue
		}
		for _, one := range description.GetModelTypes() {
			known[one] = true
		}
		switch {
		case len(description.GetModelTypes()) == 0:
			open = append(open, name)
		case slices.Contains(description.GetModelTypes(), f.ModelType):
			f.Reading = append(f.Reading, name)
		}
	}
	slices.Sort(f.Reading)
	f.Reading = append(f.Reading, slices.Sorted(slices.Values(open))...)
	f.Known = slices.Sorted(maps.Keys(known))
	return f, nil
}

// Text says what the checkpoint is, and which plugins read it. It begins with
// whose type that is, such as "its".
func (f *Families) Text(whose string) string {
	var b strings.Builder
	if f.ModelType == "" {
		fmt.Fprintf(&b, "%s config.json names no model_type", whose)
	} else {
		fmt.Fprintf(&b, "%s model_type is %q", whose, f.ModelType)
	}
	switch len(f.Reading) {
	case 0:
		fmt.Fprintf(&b, ", which no installed model plugin reads; they read %s", strings.Join(f.Known, ", "))
	case 1:
		fmt.Fprintf(&b, ", which the model plugin %s reads", f.Reading[0])
	default:
		fmt.Fprintf(&b, ", which the model plugins %s read", strings.Join(f.Reading, ", "))
	}
	return b.String()
}

// build asks the plugins that read the checkpoint's model type until one builds
// its network. A complaint that several share is reported once.
func (f *Families) build(ctx context.Context, plugins Plugins, request *pb.BuildRequest) (string, *pb.BuildResponse, error) {
	if len(f.Reading) == 0 {
		return "", nil, errors.New(f.Text("its"))
	}
	var complaints []string
	by := map[string][]string{} // plugins by complaint
	for _, name := range f.Reading {
		model, err := plugins.Model(ctx, name)
		if err != nil {
			return "", nil, err
		}
		built, err := model.Build(ctx, request)
		if err == nil {
			return name, built, nil
		}
		text := Complaint(err)
		if by[text] == nil {
			complaints = append(complaints, text)
		}
		by[text] = append(by[text], name)
	}
	for i, text := range complaints {
		complaints[i] = fmt.Sprintf("%s: %s", strings.Join(by[text], ", "), text)
	}
	return "", nil, fmt.Errorf("%s, but not this one:\n%s", f.Text("its"), strings.Join(complaints, "\n"))
}

// Complaint is what a plugin itself said in an error, without its name and the
// method's.
func Complaint(err error) string {
	if refused := (*pluginhost.Error)(nil); errors.As(err, &refused) && refused.Reason == pluginhost.Refused && refused.Err != nil {
		return refused.Err.Error()
	}
	return err.Error()
}
