package plan

import (
	"fmt"
	"slices"

	"harness/core/step"
	"harness/core/study"
)

// Data is a data set that a study trains on.
type Data struct {
	Name string
	// Read is the step that has all its samples, Trained the one with those that
	// are trained on.
	Read, Trained step.ID
	// Cleaned are the steps that looked for duplicates and leaks. Trained may be
	// among them.
	Cleaned []step.ID
	// Benchmarks names the benchmarks that were looked for, by their steps.
	Benchmarks map[step.ID]string
	// Examples are the steps that tokenized it, by the trial's model and prompt.
	Examples map[step.ID]ModelPrompt
}

// ModelPrompt names what token ids of samples depend on.
type ModelPrompt struct{ Model, Prompt string }

// noteExamples keeps which step tokenized a data set for a trial.
func (t *trial) noteExamples(dataset string, examples step.ID) {
	for _, d := range t.builder.plan.Data {
		if _, known := d.Examples[examples]; d.Name == dataset && !known {
			d.Examples[examples] = ModelPrompt{t.model.Name, t.prompt.Name}
		}
	}
}

// dataset adds a data set as it is.
func (b *builder) dataset(name string) (step.ID, error) {
	d, err := b.datasetBlock(name)
	if err != nil {
		return "", err
	}
	return b.add("dataset "+name, step.Dataset{Plugin: b.plugins[d], Validation: d.Validation, Limit: d.Limit, Seed: b.study.Seed})
}

func (b *builder) datasetBlock(name string) (*study.Block, error) {
	for _, d := range b.study.Datasets {
		if d.Name == name {
			return d, nil
		}
	}
	return nil, fmt.Errorf("study %s has no data set %q", b.study.Name, name)
}

// trainingData adds a data set without what it should not be trained on. What
// is trained depends on the study's benchmarks only where their methods are
// taken out: where they are kept, studies with other benchmarks share it.
func (b *builder) trainingData(name string) (step.ID, error) {
	for _, d := range b.plan.Data {
		if d.Name == name {
			return d.Trained, nil
		}
	}
	block, err := b.datasetBlock(name)
	if err != nil {
		return "", err
	}
	data := &Data{Name: name, Benchmarks: map[step.ID]string{}, Examples: map[step.ID]ModelPrompt{}}
	if data.Read, err = b.dataset(name); err != nil {
		return "", err
	}
	data.Trained = data.Read
	clean := step.Clean{Dataset: data.Read, Duplicates: block.Duplicates == "drop"}
	keeps := block.Leakage == step.KeepLeaks || len(b.study.Benchmarks) == 0
	if keeps && clean.Duplicates {
		if err := b.clean(data, clean); err != nil {
			return "", err
		}
		clean = step.Clean{Dataset: data.Trained}
	}
	if len(b.study.Benchmarks) > 0 {
		clean.Leaks, clean.Similarity = block.Leakage, block.Similarity
		for _, benchmark := range b.study.Benchmarks {
			// All of its bugs, not only those of the study: which are chosen
			// then changes nothing of what is trained.
			known, err := b.benchmark(benchmark)
			if err != nil {
				return "", err
			}
			data.Benchmarks[known.Data] = benchmark.Name
			clean.Benchmarks = append(clean.Benchmarks, known.Data)
		}
		slices.Sort(clean.Benchmarks) // their order decides nothing
		clean.Benchmarks = slices.Compact(clean.Benchmarks)
		if err := b.clean(data, clean); err != nil {
			return "", err
		}
	}
	b.plan.Data = append(b.plan.Data, data)
	return data.Trained, nil
}

// clean adds a step and notes it, as what is trained on unless it only looks.
func (b *builder) clean(data *Data, work step.Clean) error {
	key, err := b.add("clean "+data.Name, work)
	if err != nil {
		return err
	}
	data.Cleaned = append(data.Cleaned, key)
	if work.Leaks != step.KeepLeaks {
		data.Trained = key
	}
	return nil
}
