package step

import (
	"context"

	"harness/core/score"
)

// Score turns one trial's verdicts, or its training alone, into metrics. It
// leaves trial.json, a score.Trial.
type Score struct {
	Labels   map[string]string `json:"labels"`
	Verdicts ID                `json:"-"`
	Bugs     ID                `json:"-"` // whose labels outcomes get; with Verdicts
	Select   ID                `json:"-"`
}

func (Score) Kind() string       { return "score" }
func (Score) Version() int       { return 9 }
func (Score) Resource() Resource { return IO }

func (w Score) Inputs() []Input {
	return inputs(Input{Name: "verdicts", Step: w.Verdicts}, Input{Name: "bugs", Step: w.Bugs}, Input{Name: "select", Step: w.Select})
}

func (w Score) Run(_ context.Context, env *Env, dir string) error {
	trial := score.Trial{Labels: w.Labels, Metrics: map[string]float64{}, Outcomes: []score.Outcome{}}
	if w.Verdicts != "" {
		bugs, err := ReadBugs(env.Results, w.Bugs)
		if err != nil {
			return err
		}
		labels := map[string]map[string]string{}
		for _, b := range bugs {
			labels[b.Bug.Id] = b.Bug.Labels
		}
		err = readLines(env.Results, w.Verdicts, "verdicts.jsonl", func(j *Judged) error {
			o := outcome(j)
			o.Labels = labels[j.Bug]
			trial.Outcomes = append(trial.Outcomes, o)
			for _, c := range j.Candidates {
				if c.Fenced {
					trial.Fenced++
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		trial.Metrics = score.Metrics(trial.Outcomes)
		if err := env.Results.ReadJSON(w.Verdicts, "judging.json", &trial.Judging); err != nil {
			return err
		}
	}
	if w.Select != "" {
		var s Selection
		if err := env.Results.ReadJSON(w.Select, "select.json", &s); err != nil {
			return err
		}
		trial.Metrics["validation.loss"] = s.Best.ValidationLoss
		if s.Best.ExactMatch != nil {
			trial.Metrics["validation.exact_match"] = *s.Best.ExactMatch
		}
		if s.Best.MicroBatch > 0 {
			trial.Metrics["micro_batch"] = float64(s.Best.MicroBatch)
		}
		trial.Training = s.epochs()
		trial.Metrics["diverged"] = float64(s.diverged())
		trial.Metrics["train.loss"] = s.Best.TrainLoss
		trial.Metrics["learning_rate"] = s.Best.LearningRate
		trial.Metrics["epochs"] = float64(s.Best.Epoch)
		trial.Metrics["trainable_parameters"] = float64(s.Best.Trainable)
		trial.Metrics["trainable_share"] = float64(s.Best.Trainable) / float64(s.Best.All)
	}
	return writeJSON(dir, "trial.json", trial)
}

func outcome(j *Judged) score.Outcome {
	o := score.Outcome{Bug: j.Bug, Refused: j.Refused, Unsound: j.Unsound, Unrecorded: j.Unrecorded}
	for _, c := range j.Candidates {
		candidate := score.Candidate{
			Verdict: c.Outcome, Reason: c.Reason, ExactMatch: &c.ExactMatch, Unchanged: c.Unchanged, Empty: c.Empty, Published: c.Published, Program: c.Program,
		}
		if c.Published != "" && !score.SameVerdict(c.Outcome, c.Published) || score.Noted(candidate) {
			candidate.Detail = c.Detail
		}
		o.Candidates = append(o.Candidates, candidate)
	}
	return o
}
