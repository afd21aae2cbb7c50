package plan

import (
	"bytes"
	"cmp"
	"context"

	"harness/core/step"
)

// DefaultEngine is the engine plugin of a study that names none.
const DefaultEngine = "gomlx"

// openEngine finds what the study is trained and decoded with, and reports what it
// does not take.
func (b *builder) openEngine(ctx context.Context) error {
	if b.plan.Engine != nil {
		return nil
	}
	name := cmp.Or(b.Engine, DefaultEngine)
	engine := step.Engine{}
	if block := b.study.Engine; block != nil {
		name = cmp.Or(b.Engine, block.Type)
		if name == block.Type && !bytes.Equal(block.Config, []byte("{}")) {
			engine.Settings = block.Config
		}
	}
	info, err := b.World.Info(ctx, "engine", name)
	if err != nil {
		return err
	}
	engine.Plugin = step.Pin(info)
	described, err := b.World.Describe(ctx, "engine", name)
	if err != nil {
		return err
	}
	b.diagnostics = append(b.diagnostics, b.study.CheckSettings(name, described.GetSettings())...)
	if engine.Backend, err = b.World.Backend(ctx, name, engine.Settings); err != nil {
		if engine.Settings == nil {
			return err
		}
		found, err := diagnose(err, "Engine cannot compute", "")
		for _, d := range found {
			b.diagnostics = append(b.diagnostics, b.study.Engine.Diagnostic(d))
		}
		if err != nil {
			return err
		}
	}
	b.plan.Engine = &engine
	return nil
}
