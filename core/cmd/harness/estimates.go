package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/olekukonko/tablewriter"

	"harness/core/plan"
)

// printEstimates tells what training shares, what the networks need, and what
// the device cannot hold.
func (r planReport) printEstimates(w io.Writer) error {
	if text := epochsText(r.Totals.Epochs); text != "" {
		if _, err := fmt.Fprintln(w, text); err != nil {
			return err
		}
	}
	if len(r.Estimates) == 0 {
		return nil
	}
	table := tablewriter.NewTable(w)
	columns := []string{"Model", "Adapter", "Parameters", "Train", "A step", "Memory to train", "A token", "Memory to decode", "Disk", "Time"}
	timed := slices.ContainsFunc(r.Estimates, func(e *plan.Estimate) bool { _, known := secondsOf(e); return known })
	if !timed {
		columns = columns[:len(columns)-1]
	}
	table.Header(columns)
	for _, e := range r.Estimates {
		if err := table.Append(estimateRow(e)[:len(columns)]); err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	for _, line := range r.estimateNotes() {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// epochsText says what the schedule costs, or nothing where nothing trains.
func epochsText(e plan.Epochs) string {
	if e.Trained == 0 {
		return ""
	}
	text := fmt.Sprintf("%d epochs are trained; %d if every trial trained by itself", e.Trained, e.Alone)
	if e.Constant < e.Trained {
		text += fmt.Sprintf("\nThe schedule depends on the number of epochs, so that no epoch is shared between totals:\nwith schedule = \"constant\" %d epochs would do", e.Constant)
	}
	return text
}

func estimateRow(e *plan.Estimate) []string {
	row := []string{e.Model, e.Adapter, strings.TrimSpace(count(float64(e.Parameters))), "", "", "", "", "", "", ""}
	if e.Problem != "" {
		row[4], row[6] = "no estimate", "no estimate"
		return row
	}
	if t := e.Train; t != nil {
		row[3] = fmt.Sprintf("%s (%.3g %%)", strings.TrimSpace(count(float64(e.Trainable))), 100*float64(e.Trainable)/float64(e.Parameters))
		row[4] = count(t.StepFLOPs) + "FLOP"
		row[5] = size(t.Memory.Total())
		row[8] = size(t.Disk)
	}
	if d := e.Decode; d != nil {
		row[6] = count(d.TokenFLOPs) + "FLOP"
		row[7] = size(d.Memory.Total())
	}
	if seconds, known := secondsOf(e); known {
		row[9] = duration(seconds)
	}
	return row
}

// secondsOf is how long a network's training and decoding take at most; false: it
// is not known.
func secondsOf(e *plan.Estimate) (seconds float64, known bool) {
	if t := e.Train; t != nil {
		if t.Seconds == 0 {
			return 0, false
		}
		seconds += t.Seconds
	}
	if d := e.Decode; d != nil {
		if d.Seconds == 0 && d.Bugs > 0 || !d.Measured {
			return 0, false
		}
		seconds += d.Seconds
	}
	return seconds, e.Problem == ""
}

// duration writes seconds with two digits or so: "42s", "3m10s", "5h20m0s".
func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Minute:
		return d.Round(time.Second).String()
	case d < time.Hour:
		return d.Round(10 * time.Second).String()
	}
	return d.Round(10 * time.Minute).String()
}

// estimateNotes say for which sizes the estimates are, and what does not fit.
func (r planReport) estimateNotes() []string {
	notes := []string{"A step is an optimizer step on a full batch of the longest examples, a token a new one behind the longest prompt:\n" +
		"of the data and benchmarks once they are read, until then of those allowed. Memory is the peak of the engine's\n" +
		"process, which serves the whole run and keeps compiled programs of the other rows; disk the weights and optimizer\n" +
		"states of all epochs.", r.timeNote()}
	for _, e := range r.Estimates {
		name := e.Model + "/" + e.Adapter
		if e.Problem != "" {
			notes = append(notes, fmt.Sprintf("%s: no estimate: %s", name, e.Problem))
			continue
		}
		if t := e.Train; t != nil && t.Measured {
			notes = append(notes, fmt.Sprintf("%s: its data have %stokens and take %sFLOP in %d steps an epoch", name, count(float64(t.EpochTokens)), count(t.EpochFLOPs), t.EpochSteps))
		}
		notes = append(notes, r.misfits(name, e)...)
	}
	return notes
}

// timeNote says how long all rows take, and what that rests on.
func (r planReport) timeNote() string {
	if r.Basis == "" {
		return "How long training and decoding take is not known: the engine could not time the device."
	}
	var sum float64
	for _, e := range r.Estimates {
		seconds, known := secondsOf(e)
		if !known && e.Problem == "" {
			return "How long training and decoding take is known once all data and benchmarks are read."
		}
		sum += seconds
	}
	return fmt.Sprintf("Time is of training and decoding on this device, compiling included, where every candidate is as long as it may\n"+
		"become and nothing is done yet; of all rows %s. It is estimated from %s.", duration(sum), r.Basis)
}

// misfits say what the device's memory cannot hold.
func (r planReport) misfits(name string, e *plan.Estimate) []string {
	if r.Device == nil || r.Device.MemoryBytes == 0 {
		return nil
	}
	var notes []string
	has := size(r.Device.MemoryBytes)
	if t := e.Train; t != nil && t.Memory.Total() > r.Device.MemoryBytes {
		remedy := "not even one example at a time"
		if t.FitsMicroBatch > 0 {
			remedy = fmt.Sprintf("with micro_batch = %d it does, and gives the same but for rounding", t.FitsMicroBatch)
		}
		notes = append(notes, fmt.Sprintf("%s: training needs %s and does not fit the device's %s: %s", name, size(t.Memory.Total()), has, remedy))
	}
	if d := e.Decode; d != nil && d.Memory.Total() > r.Device.MemoryBytes {
		notes = append(notes, fmt.Sprintf("%s: decoding needs %s with %d prompts side by side and does not fit the device's %s", name, size(d.Memory.Total()), d.Prompts, has))
	}
	return notes
}

// count writes a number with three digits, ready for a unit: "1.24 G".
func count(n float64) string {
	return units.CustomSize("%.3g %s", n, 1000, []string{"", "k", "M", "G", "T", "P", "E"})
}

// size writes bytes: "1.24 GiB".
func size(n int64) string {
	return units.CustomSize("%.3g %s", float64(n), 1024, []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"})
}
