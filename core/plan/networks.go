package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"harness/core/adapt"
	"harness/core/checkpoint"
	"harness/core/ir"
	pb "harness/core/protocol/harnesspb"
	"harness/core/step"
	"harness/core/study"
	"harness/core/weights/snapshot"
)

// networks builds the network of every model with every adapter that changes it,
// from configurations alone, and reports what does not fit. The steps would find
// the same, one at a time and behind the work that they wait for.
type networks struct {
	*builder
	found []*finding
}

// network is a model with an adapter, as far as it is known without weights.
type network struct {
	built   *pb.BuildResponse
	rewrite *pb.Rewrite // nil: the adapter changes nothing
	program *ir.Program // after the rewrite
}

// finding is a mistake that several networks may show: an adapter's is made
// once, whichever models it is combined with.
type finding struct {
	block  *study.Block
	what   *pb.Diagnostic
	models []string // with which an adapter shows it
}

// checkNetworks adds to the plan's diagnostics.
func (b *builder) checkNetworks(ctx context.Context) error {
	n := &networks{builder: b}
	for _, model := range b.study.Models {
		if b.wrong[model] {
			continue
		}
		bare, err := n.build(ctx, model)
		if err != nil {
			return err
		}
		if bare == nil {
			continue
		}
		for _, adapter := range b.study.Adapters {
			if b.wrong[adapter] || !adapter.Fits(model) {
				continue
			}
			whole, err := n.attach(ctx, model, adapter, bare)
			if err != nil {
				return err
			}
			b.plan.networks[[2]string{model.Name, adapter.Name}] = whole
		}
	}
	for _, f := range n.found {
		d := f.what
		if len(f.models) > 0 && len(b.study.Models) > 1 {
			d = &pb.Diagnostic{Summary: d.GetSummary(), Path: d.GetPath(),
				Detail: fmt.Sprintf("%s\nSo it is with the %s.", d.GetDetail(), modelsText(f.models))}
		}
		b.diagnostics = append(b.diagnostics, f.block.Diagnostic(d))
	}
	return nil
}

func modelsText(names []string) string {
	if len(names) == 1 {
		return fmt.Sprintf("model %q", names[0])
	}
	var quoted []string
	for _, name := range names {
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	return "models " + strings.Join(quoted, ", ")
}

// add notes a mistake, or another model with which an adapter shows it.
func (n *networks) add(block *study.Block, d *pb.Diagnostic, model string) {
	at := slices.IndexFunc(n.found, func(f *finding) bool {
		return f.block == block && f.what.GetSummary() == d.GetSummary() && slices.Equal(f.what.GetPath(), d.GetPath())
	})
	if at < 0 || model == "" {
		at = len(n.found)
		n.found = append(n.found, &finding{block: block, what: d})
	}
	if model != "" {
		n.found[at].models = append(n.found[at].models, model)
	}
}

// build asks the model's plugin for its network. It is nil where there is none,
// and where a mistake was noted.
func (n *networks) build(ctx context.Context, model *study.Block) (*network, error) {
	described, err := n.World.Describe(ctx, model.Kind, model.Type)
	if err != nil || !described.GetNeedsCheckpoint() {
		return nil, err
	}
	summary, err := n.summary(model, described)
	if err != nil || summary == nil {
		return nil, err
	}
	families, err := step.FindFamilies(ctx, n.Plugins, summary.Config)
	if err != nil {
		n.add(model, &pb.Diagnostic{Summary: "Not a configuration", Detail: err.Error() + ".", Path: configPath(model)}, "")
		return nil, ctx.Err()
	}
	if types := described.GetModelTypes(); len(types) > 0 && !slices.Contains(types, families.ModelType) {
		n.add(model, &pb.Diagnostic{Summary: "Checkpoint of another family", Path: configPath(model),
			Detail: fmt.Sprintf("%s. The plugin %q reads %s.", families.Text("The checkpoint's"), model.Type, strings.Join(types, " and "))}, "")
		return nil, nil
	}
	plugin, err := n.Plugins.Model(ctx, model.Type)
	if err != nil {
		return nil, err
	}
	built, err := plugin.Build(ctx, checkpoint.Request(model.Config, summary))
	if err != nil {
		found, err := diagnose(err, "Checkpoint does not fit the model", "The model plugin \""+model.Type+"\" does not read its configuration: ", configPath(model)...)
		for _, d := range found {
			n.add(model, d, "")
		}
		return nil, err
	}
	program, err := ir.Expand(built.GetGraph())
	if err != nil {
		n.add(model, &pb.Diagnostic{Summary: "Network is malformed", Path: configPath(model),
			Detail: fmt.Sprintf("The model plugin %q builds a network that cannot be computed: %v. Tell the plugin's author.", model.Type, err)}, "")
		return nil, nil
	}
	if model.Scratch != nil {
		return &network{built: built, program: program}, nil
	}
	if err := checkpoint.Check(program, summary.Tensors); err != nil {
		n.add(model, &pb.Diagnostic{Summary: "Checkpoint does not fit the model type", Path: configPath(model),
			Detail: fmt.Sprintf("source = %q: %v.", model.Source, err)}, "")
		return nil, nil
	}
	return &network{built: built, program: program}, nil
}

// configPath leads to the attribute that a checkpoint's configuration is from.
func configPath(model *study.Block) []string {
	if model.Scratch != nil {
		return []string{"scratch", "config"}
	}
	return []string{"source"}
}

// summary describes a checkpoint as it is, or as it will be. It is nil where it
// cannot be read, which is noted.
func (n *networks) summary(model *study.Block, described *pb.Description) (*snapshot.Summary, error) {
	if s := model.Scratch; s != nil {
		config, err := n.initialCheckpoint(model, s, described).Draft()
		if err != nil {
			n.add(model, &pb.Diagnostic{Summary: "Not a configuration", Detail: err.Error() + ".", Path: configPath(model)}, "")
			return nil, nil
		}
		return &snapshot.Summary{Config: config}, nil
	}
	summary, err := snapshot.Summarize(n.path(model.Source))
	if err != nil {
		n.add(model, &pb.Diagnostic{Summary: "Not a checkpoint", Path: configPath(model),
			Detail: fmt.Sprintf("source = %q: %v.", model.Source, err)}, "")
		return nil, nil
	}
	return summary, nil
}

// attach asks an adapter's plugin for its rewrite of a network, and looks at what
// comes of it. It is nil where a mistake was noted.
func (n *networks) attach(ctx context.Context, model, adapter *study.Block, bare *network) (*network, error) {
	described, err := n.World.Describe(ctx, adapter.Kind, adapter.Type)
	if err != nil || !described.GetTrains() {
		return bare, err
	}
	plugin, err := n.Plugins.Adapter(ctx, adapter.Type)
	if err != nil {
		return nil, err
	}
	config := adapter.Config
	if adapter.Load != "" {
		config = nil
	}
	attached, err := plugin.AttachTo(ctx, bare.built, config, n.saved[adapter.Load])
	if err != nil {
		found, err := diagnose(err, "Adapter does not fit the model", "")
		for _, d := range found {
			if adapter.Load != "" { // its settings are in that folder
				d.Path = []string{"load"}
			}
			n.add(adapter, d, model.Name)
		}
		return nil, err
	}
	program, summary, err := fits(bare.built.GetGraph(), attached)
	if err != nil {
		n.add(adapter, &pb.Diagnostic{Summary: summary,
			Detail: fmt.Sprintf("The adapter plugin %q answers with what cannot be used: %v. Tell the plugin's author.", adapter.Type, err)}, model.Name)
		return nil, nil
	}
	return &network{built: bare.built, rewrite: attached.GetRewrite(), program: program}, nil
}

// fits checks a rewrite: that it fits the network, and that what is trained can
// be saved. The summary says which of the two it does not.
func fits(graph *pb.Graph, attached *pb.AttachResponse) (program *ir.Program, summary string, err error) {
	after, err := ir.Apply(graph, attached.GetRewrite())
	if err == nil {
		if program, err = ir.Expand(after); err == nil {
			_, err = program.Trainable(attached.GetRewrite().GetTrain())
		}
	}
	if err != nil {
		return nil, "Adapter does not fit the network", err
	}
	if _, err := adapt.LayoutOf(graph, attached); err != nil && !errors.Is(err, adapt.ErrNoPEFT) {
		return nil, "Adapter cannot be saved", err
	}
	return program, "", nil
}
