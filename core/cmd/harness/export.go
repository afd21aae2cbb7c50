package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"harness/core/plan"
	"harness/core/session"
	"harness/core/step"
	"harness/core/store"
	"harness/core/study"
	"harness/core/weights/safetensors"
)

func newExport(o *options) *cobra.Command {
	var to, trial, dtype, base string
	cmd := &cobra.Command{
		Use:   "export STUDY.hcl --to FOLDER",
		Short: "Write trained weights into a folder that other tools open",
		Long: `Write the weights that a study trained and chose into a folder: an adapter in
PEFT's format, or, where the method trains the model's own weights, a whole
checkpoint in Hugging Face layout. For a whole checkpoint with an adapter in
it, see "harness adapters merge".

PEFT finds an adapter's checkpoint by base_model_name_or_path in its
configuration: the model's source as the study writes it, where a relative path
starts at the folder that PEFT runs in, or what --base gives, such as a name on a
hub.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if to == "" {
				return fmt.Errorf("%w: export needs --to FOLDER", errUsage)
			}
			number, err := parseDType(dtype)
			if err != nil {
				return err
			}
			c, err := o.chosen(ctx, args[0], trial)
			if err != nil {
				return err
			}
			defer c.session.Close()
			if base != "" {
				adapter, err := c.work.LeavesAdapter(c.env, c.key)
				if err != nil {
					return err
				}
				if !adapter {
					return fmt.Errorf("%w: --base is for adapters, but %s trained the model's own weights and is written as a whole checkpoint; leave it out", errUsage, c.name)
				}
			}
			bytes := newByteProgress(os.Stderr)
			what, err := c.work.Export(ctx, c.env, c.key, step.Checkpointing{To: to, DType: number, Base: cmp.Or(base, c.source), Progress: bytes.report})
			bytes.end()
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s of %s written to %s\n", what, c.name, to)
			return nil
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "`folder` to write, new or empty")
	cmd.Flags().StringVar(&dtype, "dtype", "", dtypeUsage)
	cmd.Flags().StringVar(&base, "base", "", "`name` or path of the checkpoint in an adapter's configuration (default: the model's source)")
	cmd.Flags().StringVar(&trial, "trial", "", trialUsage)
	return cmd
}

const (
	dtypeUsage = "number `type` of a checkpoint's weights: f32, bf16 or f16 (default: as in the checkpoint trained from)"
	trialUsage = "`MODEL/ADAPTER/PROMPT` of the trial, if the study trains several"
)

// parseDType reads --dtype; empty stays empty.
func parseDType(name string) (safetensors.DType, error) {
	switch name {
	case "":
		return "", nil
	case "f32":
		return safetensors.F32, nil
	case "bf16":
		return safetensors.BF16, nil
	case "f16":
		return safetensors.F16, nil
	}
	return "", fmt.Errorf("%w: --dtype %q: expected f32, bf16 or f16", errUsage, name)
}

// chosen is the epoch segment that a trial's grid ended with.
type chosen struct {
	session *session.Session // to be closed
	work    step.Train
	key     store.Key
	env     *step.Env
	name    string // for people: trial, learning rate and epochs
	// source is the model's, as the study says it; empty: it was made from nothing
	source string
}

// chosen finds what a study trained and chose for one trial.
func (o *options) chosen(ctx context.Context, file, trial string) (_ *chosen, err error) {
	s, err := o.open(ctx, file, session.Take)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	p := s.Plan
	t, err := trainedTrial(p, trial)
	if err != nil {
		return nil, err
	}
	if !s.Results.Has(t.Select) {
		return nil, fmt.Errorf("%s is not trained yet: run `harness run %s` first", trialName(t), file)
	}
	var selection step.Selection
	if err := s.Results.ReadJSON(t.Select, "select.json", &selection); err != nil {
		return nil, err
	}
	work, err := chosenWork(s, t, selection)
	if err != nil {
		return nil, err
	}
	source := ""
	if i := slices.IndexFunc(p.Study.Models, func(m *study.Block) bool { return m.Name == t.Labels["model"] }); i >= 0 {
		source = p.Study.Models[i].Source
	}
	return &chosen{
		source:  source,
		session: s, work: work, key: selection.Chosen, env: s.Env(),
		name: fmt.Sprintf("%s (learning rate %g, %d epochs)", trialName(t), selection.Best.LearningRate, selection.Best.Epoch),
	}, nil
}

func trialName(t *plan.Trial) string {
	return t.Labels["model"] + "/" + t.Labels["adapter"] + "/" + t.Labels["prompt"]
}

// trainedTrial finds the one trial that is meant.
func trainedTrial(p *plan.Plan, name string) (*plan.Trial, error) {
	found := map[string]*plan.Trial{}
	var names []string
	for _, t := range p.Trials {
		n := trialName(t)
		if t.Select == "" || found[n] != nil || (name != "" && name != n) {
			continue
		}
		found[n] = t
		names = append(names, n)
	}
	switch {
	case len(names) == 1:
		return found[names[0]], nil
	case len(names) == 0 && name == "":
		return nil, fmt.Errorf("%w: study %s trains nothing", errUsage, p.Study.Name)
	case len(names) == 0:
		return nil, fmt.Errorf("%w: study %s trains no %s", errUsage, p.Study.Name, name)
	}
	return nil, fmt.Errorf("%w: study %s trains several; choose with --trial: %s", errUsage, p.Study.Name, strings.Join(names, ", "))
}

// chosenWork is the train step of the plan whose result was chosen, or one that
// left the same weights.
func chosenWork(s *session.Session, t *plan.Trial, selection step.Selection) (step.Train, error) {
	for _, one := range s.Plan.Reach(t) {
		work, ok := one.Work.(step.Train)
		if !ok || !s.Results.Has(one.ID) {
			continue
		}
		weights, err := s.Results.Part(one.ID, step.WeightsPart)
		if err != nil {
			return work, err
		}
		if weights == selection.Weights {
			return work, nil
		}
	}
	return step.Train{}, fmt.Errorf("the plan has no train step %s", selection.Chosen.Short())
}
