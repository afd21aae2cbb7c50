// Command good is a model plugin whose methods misbehave on demand: the
// request's configuration names what to do.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"harness/core/sdk"
	"harness/core/sdk/model"
)

type plugin struct{ name string }

// The name is the file's, so that one program serves as several plugins.
func main() {
	name := strings.TrimPrefix(filepath.Base(os.Args[0]), "harness-model-")
	if name == "liar" {
		name = "honest"
	}
	model.Serve(plugin{name})
}

func (p plugin) Describe(context.Context) *model.Description {
	switch p.name {
	case "dies-described":
		fmt.Fprintln(os.Stderr, "cannot find my own feet")
		os.Exit(7)
	case "hangs-described":
		select {}
	}
	return &model.Description{Name: p.name, Version: "1.2.3", Generates: true}
}

func (plugin) Resolve(_ context.Context, request *sdk.ResolveRequest) (*sdk.ResolveResponse, error) {
	var config struct{ Folder string }
	if err := sdk.Decode(request.Config, &config); err != nil {
		return nil, err
	}
	if config.Folder == "" {
		return nil, fmt.Errorf("resolving: %w", errors.Join(
			sdk.Diagnose([]string{"folder"}, "Folder is missing", "Name one."),
			sdk.Diagnose(nil, "And more", "")))
	}
	return &sdk.ResolveResponse{Identity: "id of " + config.Folder}, nil
}

func (plugin) Prompt(ctx context.Context, request *model.PromptRequest) (*model.PromptResponse, error) {
	switch string(request.Config) {
	case "exit":
		for i := range 100 {
			fmt.Fprintf(os.Stderr, "line %d\n", i)
		}
		fmt.Println("and on stdout")
		os.Exit(3)
	case "panic":
		panic("out of ideas")
	case "panic elsewhere":
		go func() { panic("in a goroutine") }()
		select {}
	case "warn":
		fmt.Fprintln(os.Stderr, "[WARN] the moon is full")
		fmt.Fprintln(os.Stderr, `{"@level":"warn","@message":"and high","@module":"moon"}`)
		fmt.Fprintln(os.Stderr, `{"@level":"error","@message":"grpc server","@module":"harness-model-plugin"}`)
		fmt.Fprintln(os.Stderr, "a remark")
	case "diagnose":
		return nil, fmt.Errorf("asking: %w", sdk.Diagnose([]string{"targets", "0"}, "Target not in the model", "There is none."))
	case "refuse":
		return nil, errors.New("no prompt today")
	case "wait for cancel":
		<-ctx.Done()
		return nil, ctx.Err()
	case "ignore cancel":
		select {}
	case "stop":
		if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
			return nil, err
		}
		select {} // the signal takes a moment
	case "environment":
		return &model.PromptResponse{Prompts: []*model.Prompt{{Text: strings.Join(os.Environ(), "\n")}}}, nil
	case "pids", "pids in groups", "pids halted":
		child := exec.Command("sleep", "600")
		child.Stderr = os.Stderr
		child.SysProcAttr = &syscall.SysProcAttr{Setpgid: string(request.Config) == "pids in groups"}
		if err := child.Start(); err != nil {
			return nil, err
		}
		return &model.PromptResponse{Prompts: []*model.Prompt{{Text: fmt.Sprint(os.Getpid(), " ", child.Process.Pid)}}}, nil
	case "large":
		return &model.PromptResponse{Prompts: []*model.Prompt{{Text: strings.Repeat("x", 32<<20)}}}, nil
	case "noise":
		fmt.Println(strings.Repeat("noise ", 1<<18))
	}
	return &model.PromptResponse{Prompts: []*model.Prompt{{Text: "fine"}}}, nil
}

func (plugin) Generate(ctx context.Context, request *model.GenerateRequest, send func(*model.GenerateResponse) error) error {
	for i := range 1000 {
		if err := send(&model.GenerateResponse{Bug: fmt.Sprint(i)}); err != nil {
			return err
		}
		switch string(request.Config) {
		case "diagnose":
			return sdk.Diagnose([]string{"folder"}, "Folder is empty", "There is nothing.")
		case "exit":
			os.Exit(4)
		case "stall":
			<-ctx.Done()
			return ctx.Err()
		case "slow":
			time.Sleep(10 * time.Millisecond)
		case "stop":
			if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
				return err
			}
			select {} // as above
		}
	}
	return nil
}
