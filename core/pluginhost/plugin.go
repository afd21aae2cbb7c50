package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"harness/core/protocol/client"
	"harness/core/protocol/harnesspb"
)

// plugin is a binary and, while it runs, its process.
type plugin struct {
	*binary
	host *Host

	starting sync.Mutex // held while a process is started

	mu          sync.Mutex
	process     *process
	description *harnesspb.Description
	protocol    int
}

func (p *plugin) current() *process {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.process
}

func (p *plugin) running() bool {
	process := p.current()
	return process != nil && process.alive()
}

// start returns the running process, or a new one.
func (p *plugin) start(ctx context.Context) (*process, error) {
	p.starting.Lock()
	defer p.starting.Unlock()
	if p.host.isClosed() {
		return nil, p.refused(errClosed, "")
	}
	if old := p.current(); old != nil {
		if old.alive() {
			return old, nil
		}
		old.stop()
	}
	process, err := launch(ctx, p)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.process = process
	p.protocol = process.protocol
	p.mu.Unlock()
	return process, nil
}

// stop ends the process if there is one. It waits for one that is starting.
func (p *plugin) stop() {
	p.starting.Lock()
	defer p.starting.Unlock()
	p.mu.Lock()
	process := p.process
	p.process = nil
	p.mu.Unlock()
	if process != nil {
		process.stop()
	}
}

func (p *plugin) refused(err error, hint string) *Error {
	return &Error{Plugin: label(p.kind, p.name), Path: p.path, Reason: Refused, Err: err, Hint: hint}
}

// describe returns the plugin's description and its protocol version.
func (p *plugin) describe(ctx context.Context) (*harnesspb.Description, int, error) {
	p.mu.Lock()
	known, version := p.description, p.protocol
	p.mu.Unlock()
	if known != nil {
		return known, version, nil
	}
	if p.problem != "" {
		return nil, 0, p.unstartable(errors.New(p.problem))
	}
	description, err := client.Describe(ctx, p)
	if err != nil {
		return nil, 0, err
	}
	if description.Kind != p.kind || description.Name != p.name {
		return nil, 0, &Error{Plugin: label(p.kind, p.name), Path: p.path, Reason: Protocol,
			Err:  fmt.Errorf("it describes itself as %s", label(description.Kind, description.Name)),
			Hint: "name the file harness-<kind>-<name>, as the plugin calls itself"}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.description = description
	return description, p.protocol, nil
}

func (p *plugin) unstartable(err error) *Error {
	return &Error{Plugin: label(p.kind, p.name), Path: p.path, Reason: Start, Err: err,
		Hint: "a plugin is a program; reinstall it, or remove the file"}
}

func (p *plugin) info(ctx context.Context) Info {
	info := Info{Name: p.name, Kind: p.kind, Path: p.path}
	var err error
	if info.Checksum, err = p.checksum(); err != nil {
		info.Err = p.unstartable(err)
		return info
	}
	description, version, err := p.describe(ctx)
	if err != nil {
		info.Err = err
		return info
	}
	info.Version, info.Protocol = description.Version, version
	return info
}
