package plan

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"harness/core/pluginhost"
	pb "harness/core/protocol/harnesspb"
	"harness/core/study"
)

// Mistakes places what plugins said about a study's text, anywhere in an error's
// tree, in that text. There are none where the error has another cause.
func Mistakes(s *study.Study, err error) hcl.Diagnostics {
	var diagnostics hcl.Diagnostics
	for _, told := range complaints(err) {
		block := blockOf(s, told)
		for _, d := range told.Diagnostics {
			if block != nil {
				diagnostics = append(diagnostics, block.Diagnostic(d))
				continue
			}
			diagnostics = append(diagnostics, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: d.GetSummary(),
				Detail: fmt.Sprintf("%s\nThe %s plugin %q says so, of which the study has no such block.", d.GetDetail(), told.Kind, told.Name)})
		}
	}
	return diagnostics
}

// complaints are the plugins' diagnostics in an error's tree.
func complaints(err error) []*pluginhost.DiagnosticsError {
	switch e := err.(type) {
	case *pluginhost.DiagnosticsError:
		return []*pluginhost.DiagnosticsError{e}
	case interface{ Unwrap() error }:
		return complaints(e.Unwrap())
	case interface{ Unwrap() []error }:
		var all []*pluginhost.DiagnosticsError
		for _, one := range e.Unwrap() {
			all = append(all, complaints(one)...)
		}
		return all
	}
	return nil
}

// blockOf is the block that a plugin complains about. A finished adapter's
// plugin is not given the block's configuration.
func blockOf(s *study.Study, told *pluginhost.DiagnosticsError) *study.Block {
	var loaded, any *study.Block
	for _, blocks := range [][]*study.Block{s.Models, s.Adapters, s.Datasets, s.Benchmarks} {
		for _, block := range blocks {
			switch {
			case block.Kind != told.Kind || block.Type != told.Name:
				continue
			case bytes.Equal(block.Config, told.Config):
				return block
			case len(told.Config) == 0 && block.Load != "" && loaded == nil:
				loaded = block
			}
			any = block
		}
	}
	if loaded != nil {
		return loaded
	}
	return any
}

// diagnose gives a plugin's diagnostics in an error, or its refusal as one at a path,
// whose detail begins as given. Other errors are not a mistake of the study.
func diagnose(err error, summary, begins string, path ...string) ([]*pb.Diagnostic, error) {
	var told *pluginhost.DiagnosticsError
	if errors.As(err, &told) {
		return told.Diagnostics, nil
	}
	var refused *pluginhost.Error
	if errors.As(err, &refused) && refused.Reason == pluginhost.Refused && refused.Method != "" {
		return []*pb.Diagnostic{{Summary: summary, Detail: fmt.Sprintf("%s%v.", begins, refused.Err), Path: path}}, nil
	}
	return nil, err
}
