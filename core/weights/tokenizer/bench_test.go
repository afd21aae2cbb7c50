//go:build unix

package tokenizer_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"harness/core/needs"
	"harness/core/weights/tokenizer"
)

// BenchmarkEncode encodes programs with a tokenizer that has seen no word yet,
// and with one that has seen them all. It also counts the processor's time,
// which says more on a machine that others use.
func BenchmarkEncode(b *testing.B) {
	for _, dir := range needs.Checkpoints(b, "tokenizer.json") {
		texts := programs(b)
		b.Run(filepath.Base(dir)+"/new", func(b *testing.B) {
			encode(b, texts, func() *tokenizer.Tokenizer { return loadFrom(b, dir) })
		})
		b.Run(filepath.Base(dir)+"/used", func(b *testing.B) {
			tok := loadFrom(b, dir)
			encode(b, texts, func() *tokenizer.Tokenizer { return tok })
		})
	}
}

func loadFrom(b *testing.B, dir string) *tokenizer.Tokenizer {
	b.Helper()
	tok, err := tokenizer.Load(dir)
	if err != nil {
		b.Fatal(err)
	}
	return tok
}

func encode(b *testing.B, texts []string, load func() *tokenizer.Tokenizer) {
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	b.SetBytes(int64(size))
	rounds, used := 0, time.Duration(0)
	for b.Loop() {
		b.StopTimer()
		tok := load()
		before := processorTime(b)
		b.StartTimer()
		for _, text := range texts {
			tok.Encode(text, true)
		}
		b.StopTimer()
		used += processorTime(b) - before
		rounds++
		b.StartTimer()
	}
	b.ReportMetric(float64(size)*float64(rounds)/1e6/used.Seconds(), "MB/cpu-s")
}

// processorTime is what this process has used, of all cores together.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// programs returns the Java files of the recorded benchmarks.
func programs(b *testing.B) []string {
	b.Helper()
	files, err := filepath.Glob(filepath.Join(needs.Shared(b, "benchmarks"), "*.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	var texts []string
	for _, path := range files {
		texts = append(texts, sources(b, path)...)
	}
	return texts
}

// sources gives the files of a benchmark's bugs.
func sources(b *testing.B, path string) []string {
	b.Helper()
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var texts []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var bug struct{ File string }
		if err := json.Unmarshal(lines.Bytes(), &bug); err != nil {
			b.Fatal(err)
		}
		if bug.File != "" {
			texts = append(texts, bug.File)
		}
	}
	if err := lines.Err(); err != nil {
		b.Fatal(err)
	}
	return texts
}
