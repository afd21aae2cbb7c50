package step

import (
	"errors"
	"fmt"
	"path/filepath"

	"harness/core/adapt"
	"harness/core/weights/safetensors"
)

// adapterDir is the folder of a train step that PEFT opens.
const adapterDir = "adapter"

// savePEFT writes the trained parameters of a segment once more as PEFT names
// them; nothing where PEFT has no such method.
func savePEFT(net *network, dir string) error {
	layout, err := adapt.LayoutOf(net.built.Graph, net.attached)
	if errors.Is(err, adapt.ErrNoPEFT) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("save adapter: %w", err)
	}
	file, err := safetensors.Open(trainedPath(dir))
	if err != nil {
		return err
	}
	defer file.Close()
	return layout.Save(filepath.Join(dir, adapterDir), file)
}
