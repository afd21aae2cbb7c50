package pluginhost

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"harness/core/protocol"
	"harness/core/protocol/harnesspb"
)

// descriptions is a folder with one file a description, named by the checksum
// of the binary that gave it. An empty name means no folder.
type descriptions string

// load returns nil if there is none, or none that can be read.
func (d descriptions) load(checksum string) (*harnesspb.Description, int) {
	if d == "" {
		return nil, 0
	}
	data, err := os.ReadFile(d.file(checksum))
	if err != nil {
		return nil, 0
	}
	version, message, ok := strings.Cut(string(data), "\n")
	number, err := strconv.Atoi(version)
	if !ok || err != nil || number != protocol.Version {
		return nil, 0
	}
	description := &harnesspb.Description{}
	if proto.Unmarshal([]byte(message), description) != nil {
		return nil, 0
	}
	return description, number
}

func (d descriptions) save(checksum string, version int, description *harnesspb.Description) error {
	if d == "" {
		return nil
	}
	message, err := proto.MarshalOptions{Deterministic: true}.Marshal(description)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(string(d), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(string(d), ".description-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(strconv.Itoa(version) + "\n" + string(message))
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), d.file(checksum))
}

func (d descriptions) file(checksum string) string {
	return filepath.Join(string(d), checksum+".description")
}
