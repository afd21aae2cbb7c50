package pluginhost_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harness/core/needs"
	"harness/core/pluginhost"
	"harness/core/protocol/client"
	"harness/core/protocol/harnesspb"
	"harness/core/sdk/adapter"
	"harness/core/sdk/benchmark"
	"harness/core/sdk/dataset"
	"harness/core/sdk/engine"
	"harness/core/sdk/model"
)

var (
	_ model.Model         = (*client.Model)(nil)
	_ model.Generator     = (*client.Model)(nil)
	_ adapter.Adapter     = (*client.Adapter)(nil)
	_ benchmark.Benchmark = (*client.Benchmark)(nil)
	_ dataset.Dataset     = (*client.Dataset)(nil)
	_ engine.Engine       = (*client.Engine)(nil)
)

// built holds the programs of testdata.
var built string

func TestMain(m *testing.M) {
	if os.Getenv("PLUGINHOST_TEST_HOST") != "" { // it has been given its plugins
		os.Exit(m.Run())
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "pluginhost-test")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		built = dir
		build := exec.Command("go", "build", "-o", dir, "./testdata/good", "./testdata/old", "./testdata/exits", "./testdata/hangs", "./testdata/chatty")
		if output, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "building the test plugins: %v\n%s", err, output)
			return 1
		}
		return m.Run()
	}())
}

// install puts a built program among the plugins of a folder.
func install(t testing.TB, dir, program, name string) {
	t.Helper()
	if err := os.Link(filepath.Join(built, program), filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func newHost(t testing.TB, options pluginhost.Options) *pluginhost.Host {
	t.Helper()
	host := pluginhost.New(options)
	t.Cleanup(func() { host.Close() })
	return host
}

func goodHost(t testing.TB, options pluginhost.Options) (*pluginhost.Host, *client.Model) {
	t.Helper()
	dir := t.TempDir()
	install(t, dir, "good", "harness-model-good")
	options.Dirs = []string{dir}
	host := newHost(t, options)
	m, err := host.Model(context.Background(), "good")
	if err != nil {
		t.Fatal(err)
	}
	return host, m
}

func prompt(ctx context.Context, m *client.Model, what string) (string, error) {
	response, err := m.Prompt(ctx, &model.PromptRequest{Config: []byte(what)})
	if err != nil {
		return "", err
	}
	return response.Prompts[0].Text, nil
}

func TestListWithBrokenPlugins(t *testing.T) {
	dir := t.TempDir()
	install(t, dir, "good", "harness-model-good")
	install(t, dir, "good", "harness-model-dies-described")
	install(t, dir, "good", "harness-model-hangs-described")
	install(t, dir, "good", "harness-model-liar")
	install(t, dir, "old", "harness-adapter-old")
	install(t, dir, "exits", "harness-benchmark-exits")
	install(t, dir, "hangs", "harness-dataset-hangs")
	install(t, dir, "chatty", "harness-engine-chatty")
	for name, mode := range map[string]os.FileMode{"harness-model-text": 0o644, "harness-model-script": 0o755, "harness-unknown-x": 0o755, "README": 0o644} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("not a program\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	host := newHost(t, pluginhost.Options{Dirs: []string{dir}, StartTimeout: 2 * time.Second})
	infos, err := host.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, info := range infos {
		text := "fine: " + info.Version + ", protocol " + strconv.Itoa(info.Protocol)
		if info.Err != nil {
			text = strings.ReplaceAll(info.Err.Error(), dir, "DIR")
		}
		if len(info.Checksum) != 64 {
			t.Errorf("%s has checksum %q", info.Name, info.Checksum)
		}
		got[info.Kind+" "+info.Name] = text
	}
	want := map[string]string{
		"model good":            "fine: 1.2.3, protocol 1",
		"model text":            `model plugin "text" did not start: the file is not executable (DIR/harness-model-text); a plugin is a program; reinstall it, or remove the file`,
		"model script":          `model plugin "script" did not start: the system cannot run it: fork/exec DIR/harness-model-script: exec format error (DIR/harness-model-script); a plugin is a program for this machine; reinstall it, or remove the file`,
		"model dies-described":  "model plugin \"dies-described\": Describe: it crashed: exit status 7 (DIR/harness-model-dies-described); the next call starts it again; if it happens again, tell the plugin's author\nthe last that it wrote:\n    cannot find my own feet",
		"model hangs-described": `model plugin "hangs-described": Describe: it did not answer within 2s and has been killed (DIR/harness-model-hangs-described); a plugin describes itself at once, without looking at files or the network; reinstall it, or remove the file`,
		"model liar":            `model plugin "liar": it describes itself as model plugin "honest" (DIR/harness-model-liar); name the file harness-<kind>-<name>, as the plugin calls itself`,
		"adapter old":           `adapter plugin "old": it speaks plugin protocol version 99, and this harness speaks version 1 (DIR/harness-adapter-old); get a release of the plugin that fits this harness, or rebuild it`,
		"benchmark exits":       "benchmark plugin \"exits\" did not start: it ended before it was ready: exit status 3 (DIR/harness-benchmark-exits); rebuild or reinstall it, or remove the file\nthe last that it wrote:\n    libfoo.so.1 is missing\uFFFD[31m",
		"dataset hangs":         "dataset plugin \"hangs\" did not start: it was not ready after 2s and has been killed (DIR/harness-dataset-hangs); it may wait for something; see what it needs, or remove the file\nthe last that it wrote:\n    waiting for the moon",
		"engine chatty":         `engine plugin "chatty": it printed "Welcome to chatty!" where the plugin handshake was expected (DIR/harness-engine-chatty); it is not a plugin, or it prints to stdout before it serves`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unlike what was wanted (-want +got):\n%s", diff)
	}
}

func TestFailingCalls(t *testing.T) {
	_, m := goodHost(t, pluginhost.Options{CallTimeout: time.Second})
	tests := map[string]struct {
		reason pluginhost.Reason
		text   string   // the first line
		stderr []string // some of the lines quoted
	}{
		"exit":            {pluginhost.Crash, "it crashed: exit status 3", []string{"line 81", "line 99", "and on stdout"}},
		"panic":           {pluginhost.Crash, "panic: out of ideas", nil},
		"panic elsewhere": {pluginhost.Crash, "it crashed: exit status 2", []string{"panic: in a goroutine"}},
		"refuse":          {pluginhost.Refused, "no prompt today", nil},
		"ignore cancel":   {pluginhost.Hang, "it did not answer within 1s and has been killed", nil},
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			_, err := prompt(context.Background(), m, what)
			var failure *pluginhost.Error
			if !errors.As(err, &failure) {
				t.Fatalf("got %T: %v", err, err)
			}
			t.Log(err)
			if failure.Reason != test.reason || failure.Method != "Prompt" {
				t.Errorf("got reason %q in method %q", failure.Reason, failure.Method)
			}
			if !strings.HasPrefix(err.Error(), `model plugin "good": Prompt: `+test.text) {
				t.Errorf("got %q", err)
			}
			for _, line := range test.stderr {
				if !strings.Contains(strings.Join(failure.Stderr, "\n"), line) {
					t.Errorf("%q is not among the lines", line)
				}
			}
			if len(failure.Stderr) > 20 {
				t.Errorf("%d lines are quoted", len(failure.Stderr))
			}
			if text, err := prompt(context.Background(), m, ""); err != nil || text != "fine" {
				t.Errorf("the call after it: %q, %v", text, err)
			}
		})
	}
}

func TestMissingAbilityIsNamed(t *testing.T) {
	_, m := goodHost(t, pluginhost.Options{})
	_, err := m.Build(context.Background(), &model.BuildRequest{})
	if err == nil || !strings.Contains(err.Error(), "does not have the ability Build") {
		t.Errorf("got %v", err)
	}
}

func TestDiagnosticsTravel(t *testing.T) {
	host, _ := goodHost(t, pluginhost.Options{})
	_, err := host.Resolve(context.Background(), "model", "good", &harnesspb.ResolveRequest{Config: []byte(`{}`)})
	var diagnostics *pluginhost.DiagnosticsError
	if !errors.As(err, &diagnostics) || len(diagnostics.Diagnostics) != 2 {
		t.Fatalf("got %v", err)
	}
	want := `model plugin "good": folder: Folder is missing: Name one.; And more`
	if err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	response, err := host.Resolve(context.Background(), "model", "good", &harnesspb.ResolveRequest{Config: []byte(`{"folder":"x"}`)})
	if err != nil || response.Identity != "id of x" {
		t.Errorf("got %v, %v", response, err)
	}
	_, err = host.Resolve(context.Background(), "model", "good", &harnesspb.ResolveRequest{Config: []byte(`{"fodler":"x"}`)})
	if err == nil || !strings.Contains(err.Error(), `unknown field "fodler"`) {
		t.Errorf("got %v", err)
	}
}

// A diagnosis keeps its path and its plugin, whichever method makes it.
func TestDiagnosticsTravelFromEveryMethod(t *testing.T) {
	_, m := goodHost(t, pluginhost.Options{})
	_, unary := prompt(context.Background(), m, "diagnose")
	streaming := m.Generate(context.Background(), &model.GenerateRequest{Config: []byte("diagnose")}, func(*model.GenerateResponse) error { return nil })
	for want, err := range map[string]error{"targets.0": unary, "folder": streaming} {
		var found *pluginhost.DiagnosticsError
		if !errors.As(err, &found) || found.Kind != "model" || found.Name != "good" || string(found.Config) != "diagnose" || len(found.Diagnostics) != 1 ||
			strings.Join(found.Diagnostics[0].GetPath(), ".") != want {
			t.Errorf("got %v, want a diagnosis at %s", err, want)
		}
	}
}

// A person sees a plugin's warnings, and of go-plugin only what --debug asks for.
func TestLogLevels(t *testing.T) {
	for level, want := range map[slog.Level]struct{ shown, hidden []string }{
		slog.LevelWarn:  {shown: []string{"the moon is full", "and high"}, hidden: []string{"a remark", "grpc server", "plugin process exited", "goroutine", "in a goroutine"}},
		slog.LevelDebug: {shown: []string{"the moon is full", "and high", "a remark", "grpc server", "plugin process exited", "in a goroutine"}},
	} {
		var log buffer
		host, m := goodHost(t, pluginhost.Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level}))})
		for _, what := range []string{"warn", "panic elsewhere", "exit"} {
			_, _ = prompt(context.Background(), m, what)
		}
		host.Close()
		for _, text := range want.shown {
			if !strings.Contains(log.String(), text) {
				t.Errorf("at %v %q is not logged:\n%s", level, text, log.String())
			}
		}
		for _, text := range want.hidden {
			if strings.Contains(log.String(), text) {
				t.Errorf("at %v %q is logged:\n%s", level, text, log.String())
			}
		}
	}
}

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestCancelledCall(t *testing.T) {
	_, m := goodHost(t, pluginhost.Options{})
	for _, what := range []string{"wait for cancel", "ignore cancel"} {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		_, err := prompt(ctx, m, what)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if text, err := prompt(context.Background(), m, ""); err != nil || text != "fine" {
		t.Errorf("the call after it: %q, %v", text, err)
	}
}

func TestStoppedProcessIsFound(t *testing.T) {
	_, m := goodHost(t, pluginhost.Options{HealthInterval: time.Second})
	check := func(err error) {
		t.Helper()
		var failure *pluginhost.Error
		if !errors.As(err, &failure) || failure.Reason != pluginhost.Hang || !strings.Contains(err.Error(), "health checks") {
			t.Errorf("got %v", err)
		}
	}
	_, err := prompt(context.Background(), m, "stop")
	check(err)
	check(m.Generate(context.Background(), &model.GenerateRequest{Config: []byte("stop")}, func(*model.GenerateResponse) error { return nil }))
	if text, err := prompt(context.Background(), m, ""); err != nil || text != "fine" {
		t.Errorf("the call after it: %q, %v", text, err)
	}
}

func TestStreams(t *testing.T) {
	_, m := goodHost(t, pluginhost.Options{StallTimeout: 3 * time.Second, HealthInterval: time.Second})
	generate := func(what string, limit int) (int, error) {
		n := 0
		err := m.Generate(context.Background(), &model.GenerateRequest{Config: []byte(what)}, func(*model.GenerateResponse) error {
			if n++; n == limit {
				return io.ErrShortWrite
			}
			return nil
		})
		return n, err
	}
	if n, err := generate("", 0); n != 1000 || err != nil {
		t.Errorf("a stream gave %d messages and %v", n, err)
	}
	if n, err := generate("slow", 100); n != 100 || !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("a stream that was given up gave %d messages and %v", n, err)
	}
	var failure *pluginhost.Error
	if n, err := generate("exit", 0); n > 1 || !errors.As(err, &failure) || failure.Reason != pluginhost.Crash {
		t.Errorf("a stream that crashed gave %d messages and %v", n, err)
	}
	if n, err := generate("stall", 0); n != 1 || !errors.As(err, &failure) || failure.Reason != pluginhost.Hang {
		t.Errorf("a stream that stalled gave %d messages and %v", n, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	err := m.Generate(ctx, &model.GenerateRequest{Config: []byte("slow")}, func(*model.GenerateResponse) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a stream that was cancelled gave %v", err)
	}
}

func TestEnvironmentOfPlugins(t *testing.T) {
	for name, value := range map[string]string{"HF_TOKEN": "hidden", "HARNESS_HUB_TOKEN": "hidden", "AWS_SECRET_ACCESS_KEY": "hidden",
		"UNHEARD_OF": "hidden", "HARNESS_SETTING": "shown", "GOMLX_BACKEND": "shown", "https_proxy": "shown", "XDG_CACHE_HOME": "shown"} {
		t.Setenv(name, value)
	}
	_, m := goodHost(t, pluginhost.Options{})
	text, err := prompt(context.Background(), m, "environment")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "hidden") || strings.Count(text, "=shown") != 4 {
		t.Errorf("the plugin's environment:\n%s", text)
	}
}

func TestLargeMessagesAndNoiseOnStdout(t *testing.T) {
	_, m := goodHost(t, pluginhost.Options{})
	text, err := prompt(context.Background(), m, "large")
	if err != nil || len(text) != 32<<20 {
		t.Errorf("got %d bytes and %v", len(text), err)
	}
	if _, err := prompt(context.Background(), m, "noise"); err != nil {
		t.Error(err)
	}
}

func TestChangedBinaryIsRefused(t *testing.T) {
	dir := t.TempDir()
	install(t, dir, "good", "harness-model-good")
	host := newHost(t, pluginhost.Options{Dirs: []string{dir}})
	if _, err := host.Info(context.Background(), "model", "good"); err != nil {
		t.Fatal(err)
	}
	m, err := host.Model(context.Background(), "good")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "harness-model-good")); err != nil {
		t.Fatal(err)
	}
	install(t, dir, "exits", "harness-model-good")
	if _, err := prompt(context.Background(), m, "exit"); err == nil {
		t.Fatal("the process survived")
	}
	_, err = prompt(context.Background(), m, "")
	var failure *pluginhost.Error
	if !errors.As(err, &failure) || failure.Reason != pluginhost.Refused || !strings.Contains(err.Error(), "has changed since") {
		t.Errorf("got %v", err)
	}
}

func TestAllow(t *testing.T) {
	dir := t.TempDir()
	install(t, dir, "good", "harness-model-good")
	host := newHost(t, pluginhost.Options{Dirs: []string{dir}, Allow: func(kind, name, checksum string) error {
		return fmt.Errorf("%s %s is not in the lock file", kind, name)
	}})
	_, err := host.Model(context.Background(), "good")
	if err == nil || err.Error() != `model plugin "good": Describe: model good is not in the lock file` && err.Error() != `model plugin "good": model good is not in the lock file` {
		t.Errorf("got %v", err)
	}
}

func TestUnknownPlugin(t *testing.T) {
	host, _ := goodHost(t, pluginhost.Options{})
	_, err := host.Model(context.Background(), "goood")
	if err == nil || !strings.Contains(err.Error(), `did you mean "good"?`) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff([]string{"good"}, host.Names("model")); diff != "" {
		t.Error(diff)
	}
}

func TestFirstFolderWins(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	install(t, first, "good", "harness-model-good")
	install(t, second, "exits", "harness-model-good")
	host := newHost(t, pluginhost.Options{Dirs: []string{filepath.Join(first, "missing"), first, second}})
	infos, err := host.List(context.Background())
	if err != nil || len(infos) != 1 || infos[0].Err != nil {
		t.Errorf("got %v, %v", infos, err)
	}
}

func TestCloseEndsTheWholeGroup(t *testing.T) {
	host, m := goodHost(t, pluginhost.Options{})
	text, err := prompt(context.Background(), m, "pids")
	if err != nil {
		t.Fatal(err)
	}
	host.Close()
	for _, field := range strings.Fields(text) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		waitGone(t, pid)
	}
	if _, err := prompt(context.Background(), m, ""); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("a call after Close gave %v", err)
	}
}

func waitGone(t *testing.T, pid int) {
	t.Helper()
	for range 200 {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || zombie(pid) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("process %d still runs", pid)
}

func zombie(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return err == nil && strings.Contains(string(status), "State:\tZ")
}

// The test runs itself as a host that is killed.
func TestNothingOutlivesAKilledHost(t *testing.T) {
	if dir := os.Getenv("PLUGINHOST_TEST_HOST"); dir != "" {
		host := pluginhost.New(pluginhost.Options{Dirs: []string{dir}})
		m, err := host.Model(context.Background(), "good")
		if err != nil {
			t.Fatal(err)
		}
		text, err := prompt(context.Background(), m, os.Getenv("PLUGINHOST_TEST_PROMPT"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("PIDS", text)
		select {}
	}
	for name, what := range map[string]string{
		"a child of the plugin":              "pids",
		"a child in a group of its own":      "pids in groups",
		"a child of a plugin that is halted": "pids halted",
	} {
		t.Run(name, func(t *testing.T) {
			if what == "pids in groups" && runtime.GOOS != "linux" {
				needs.Part(t, "/proc, without which only the plugin's own group is found", "run the tests on Linux")
			}
			pids, temp := killedHost(t, what)
			for _, pid := range pids {
				waitGone(t, pid)
			}
			waitEmpty(t, temp)
			if len(pids) != 2 {
				t.Errorf("the plugin and its child are %v", pids)
			}
		})
	}
}

func waitEmpty(t *testing.T, dir string) {
	t.Helper()
	var entries []os.DirEntry
	for range 200 {
		var err error
		if entries, err = os.ReadDir(dir); err != nil {
			t.Fatal(err)
		}
		if len(entries) == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("left in %s: %v", dir, entries)
}

// killedHost runs a host whose plugin does what it is asked to, kills the host
// and returns the processes that it had, and its folder for temporary files.
func killedHost(t *testing.T, what string) (pids []int, temp string) {
	t.Helper()
	dir := t.TempDir()
	install(t, dir, "good", "harness-model-good")
	// Paths of sockets must be short.
	temp, err := os.MkdirTemp("", "killed")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(temp) })
	self := exec.Command(os.Args[0], "-test.run=^TestNothingOutlivesAKilledHost$")
	self.Env = append(os.Environ(), "PLUGINHOST_TEST_HOST="+dir, "PLUGINHOST_TEST_PROMPT="+what, "TMPDIR="+temp)
	output, err := self.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Start(); err != nil {
		t.Fatal(err)
	}
	var plugin, child int
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(line, "PIDS %d %d", &plugin, &child); err != nil {
		t.Fatalf("the host says %q: %v", line, err)
	}
	t.Cleanup(func() {
		if t.Failed() { // it would live on for minutes
			_ = syscall.Kill(child, syscall.SIGKILL)
		}
	})
	if what == "pids halted" {
		if err := syscall.Kill(plugin, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	if err := self.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = self.Wait()
	return []int{plugin, child}, temp
}

func TestConcurrentCallsShareOneProcess(t *testing.T) {
	_, m := goodHost(t, pluginhost.Options{})
	failures := make(chan error)
	for range 16 {
		go func() {
			_, err := prompt(context.Background(), m, "")
			failures <- err
		}()
	}
	for range 16 {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
}

// BenchmarkStart is the time from nothing to a plugin that has described
// itself.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	install(b, dir, "good", "harness-model-good")
	for b.Loop() {
		host := pluginhost.New(pluginhost.Options{Dirs: []string{dir}})
		if _, err := host.Describe(context.Background(), "model", "good"); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		host.Close()
		b.StartTimer()
	}
}
