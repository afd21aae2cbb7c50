package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"harness/core/plan"
	"harness/core/step"
	"harness/core/store"
)

func newExport(o *options) *cobra.Command {
	var to, trial, dtype string
	cmd := &cobra.Command{
		Use:   "export STUDY.hcl --to FOLDER",
		Short: "Write trained weights into a folder that other tools open",
		Long: `Write the weights that a study trained and chose into a folder: an adapter in
PEFT's format, or, where the method trains the model's own weights, a whole
checkpoint in Hugging Face layout.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if to == "" {
				return fmt.Errorf("%w: export needs --to FOLDER", errUsage)
			}
			if dtype != "f32" && dtype != "bf16" {
				return fmt.Errorf("%w: --dtype %q: expected f32 or bf16", errUsage, dtype)
			}
			host := o.host()
			defer host.Close()
			p, err := o.planned(ctx, host, args[0])
			if err != nil {
				return err
			}
			s, err := o.openStore(p.Study)
			if err != nil {
				return err
			}
			t, err := trainedTrial(p, trial)
			if err != nil {
				return err
			}
			if !s.Has(t.Select) {
				return fmt.Errorf("%s is not trained yet: run `harness run %s` first", trialName(t), args[0])
			}
			var selection step.Selection
			if err := step.ReadJSON(s, t.Select, "select.json", &selection); err != nil {
				return err
			}
			work, ok := workOf(p, selection.Chosen).(step.Train)
			if !ok {
				return fmt.Errorf("the plan has no train step %s", selection.Chosen.Short())
			}
			what, err := work.Export(ctx, &step.Env{Store: s, Plugins: host}, selection.Chosen, to, dtype == "bf16")
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s of %s (learning rate %g, %d epochs) written to %s\n", what, trialName(t), selection.Best.LearningRate, selection.Best.Epoch, to)
			return nil
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "`folder` to write, new or empty")
	cmd.Flags().StringVar(&dtype, "dtype", "f32", "number type of a checkpoint's weights: f32 or bf16")
	cmd.Flags().StringVar(&trial, "trial", "", "`MODEL/ADAPTER/PROMPT` of the trial, where a study trains several")
	return cmd
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

func workOf(p *plan.Plan, key store.Key) step.Work {
	for _, s := range p.Steps {
		if s.Key == key {
			return s.Work
		}
	}
	return nil
}
