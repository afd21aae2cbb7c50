package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"harness/core/step"
)

func newAdapters(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "adapters", Short: "Work with trained adapters"}
	cmd.AddCommand(newAdaptersMerge(o))
	return cmd
}

func newAdaptersMerge(o *options) *cobra.Command {
	var to, trial, dtype, checkpoint, adapter, model string
	cmd := &cobra.Command{
		Use:   "merge {STUDY.hcl | --checkpoint FOLDER --adapter FOLDER} --to FOLDER",
		Short: "Write a whole checkpoint with an adapter folded into its weights",
		Long: `Write a checkpoint in Hugging Face layout that computes what a model computes with
its adapter, and needs no adapter. The adapter is what a study
trained and chose, or a folder that PEFT saved:

  harness adapters merge STUDY.hcl --to FOLDER [--trial MODEL/ADAPTER/PROMPT]
  harness adapters merge --checkpoint FOLDER --adapter FOLDER --to FOLDER

Weights keep the checkpoint's number types, to which merged ones are rounded,
unless --dtype says otherwise. "harness export" writes the adapter itself.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := parseDType(dtype)
			switch {
			case err != nil:
				return err
			case to == "":
				return fmt.Errorf("%w: merge needs --to FOLDER", errUsage)
			case len(args) == 1 && (checkpoint != "" || adapter != "" || model != ""):
				return fmt.Errorf("%w: merge takes a study, or --checkpoint and --adapter, not both", errUsage)
			case len(args) == 0 && (checkpoint == "" || adapter == ""):
				return fmt.Errorf("%w: merge needs a study, or both --checkpoint and --adapter", errUsage)
			case len(args) == 0 && trial != "":
				return fmt.Errorf("%w: --trial chooses among a study's trials, and no study is given", errUsage)
			}
			ctx := cmd.Context()
			bytes := newByteProgress(os.Stderr)
			c := step.Checkpointing{To: to, DType: number, Progress: bytes.report}
			var what string
			if len(args) == 1 {
				trained, err := o.chosen(ctx, args[0], trial)
				if err != nil {
					return err
				}
				defer trained.session.Close()
				what = trained.name
				err = trained.work.Merge(ctx, trained.env, trained.key, c)
				bytes.end()
				if errors.Is(err, step.ErrNothingToMerge) {
					return fmt.Errorf("%s: %w; write the checkpoint with `harness export %s --to %s`", what, err, args[0], to)
				}
				if err != nil {
					return err
				}
			} else {
				host := o.host()
				defer host.Close()
				family, method, err := step.SavedAdapter{Checkpoint: checkpoint, Adapter: adapter, Model: model, Engine: o.engineWithoutStudy()}.Merge(ctx, host, c)
				bytes.end()
				if err != nil {
					return err
				}
				what = fmt.Sprintf("%s (%s) and %s (%s)", checkpoint, family, adapter, method)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "merged checkpoint of %s written to %s\n", what, to)
			return nil
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "`folder` to write, new or empty")
	cmd.Flags().StringVar(&trial, "trial", "", trialUsage)
	cmd.Flags().StringVar(&dtype, "dtype", "", dtypeUsage)
	cmd.Flags().StringVar(&checkpoint, "checkpoint", "", "`folder` of the checkpoint that the adapter was trained on")
	cmd.Flags().StringVar(&adapter, "adapter", "", "`folder` that PEFT saved")
	cmd.Flags().StringVar(&model, "model", "", "model `plugin` that reads the checkpoint (default: the one that can)")
	return cmd
}

// byteProgress says how much of a file is written: on a terminal in a line
// that is overwritten, elsewhere every few seconds.
type byteProgress struct {
	w        io.Writer
	terminal bool
	said     time.Time // when it was last heard of
	open     bool      // a line has begun
}

func newByteProgress(w *os.File) *byteProgress {
	return &byteProgress{w: w, terminal: term.IsTerminal(int(w.Fd()))}
}

func (p *byteProgress) report(done, total int64) {
	interval := lineInterval
	if p.terminal {
		interval = time.Second / 10
	}
	now := time.Now()
	if p.said.IsZero() {
		p.said = now
	}
	if now.Sub(p.said) >= interval {
		p.said = now
		text := fmt.Sprintf("written %d of %d MB", done>>20, total>>20)
		if p.terminal {
			fmt.Fprintf(p.w, "\r%s", text)
			p.open = true
			return
		}
		fmt.Fprintln(p.w, text)
	}
}

// end ends a line that has begun.
func (p *byteProgress) end() {
	if p.open {
		fmt.Fprintln(p.w)
		p.open = false
	}
}
