package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Paths inside every box.
const (
	filesDir = "/opt/harness"
	boxDir   = "/box"
	dataDir  = "/data"
)

// Environment describes a kind of box. It is pure data and comes from a
// benchmark plugin.
type Environment struct {
	// ID is the plugin's name for it, such as "java17".
	ID string
	// Dockerfile is the base of the image, for drivers that have images. The
	// driver adds the files and the setup to it; it copies nothing itself.
	Dockerfile string
	// Files lie in every box under /opt/harness, read-only and executable. Names
	// are slash-separated and relative.
	Files map[string][]byte
	// Setup is the argv of a program that runs once, when the environment is
	// prepared, and may write to /opt/harness, its working folder. Drivers without
	// images run it in a box, drivers with images as a step of the image's build:
	// as root, with the host's network. It is the plugin's own code, which is
	// trusted; no candidate is there yet. Empty: none.
	Setup []string
	// Requires lists what the host must have, for drivers that use its root.
	Requires []Requirement
	// Service is the argv of the program that answers requests.
	Service []string
	// Env is the whole environment inside, but for HARNESS_BOX=1.
	Env    map[string]string
	Limits Limits
	// Mounts are folders of this machine that boxes of it show below /data.
	Mounts []Mount `json:",omitempty"`
}

// Mount is a folder in a box, read-only for whoever is in it. Whoever is in the
// box can read all of it that everybody may read.
type Mount struct {
	Source string // absolute path on this machine, or on the container engine's where that is another
	Target string // absolute path in the box, below /data
}

// Requirement is something that the host must have: a command on its PATH or a
// file. Hint says how to get it.
type Requirement struct {
	Command string
	Path    string
	Hint    string
}

// Missing says which of the environment's requirements this machine lacks, all of
// them and not just the first, with their hints. It is nil where there is nothing
// to get, and matters to boxes that are not containers.
func Missing(env Environment) error {
	var missing []error
	var hints []string
	for _, r := range env.Requires {
		var err error
		if r.Command != "" {
			_, err = exec.LookPath(r.Command)
		}
		if r.Path != "" && err == nil {
			_, err = os.Stat(r.Path)
		}
		if err != nil {
			missing = append(missing, err)
			if r.Hint != "" && !slices.Contains(hints, r.Hint) {
				hints = append(hints, r.Hint)
			}
		}
	}
	if missing == nil {
		return nil
	}
	return &Error{Driver: bubblewrapName, Op: "look for what environment " + env.ID + " needs", Err: errors.Join(missing...), Hint: strings.Join(hints, "; ")}
}

// Limits of one box. Zero means: none.
type Limits struct {
	MemoryBytes int64
	CPUs        float64
	PIDs        int
	TmpfsBytes  int64 // size of /box
}

// Digest stands for all of the environment that decides an outcome. What the
// host must have is not part of it.
func (e Environment) Digest() string {
	e.Requires = nil
	return digest(e)
}

// contentDigest stands for what Prepare makes: it is the same for boxes that
// differ in limits, service or mounts only.
func (e Environment) contentDigest() string {
	return digest(Environment{Dockerfile: e.Dockerfile, Files: e.Files, Setup: e.Setup, Env: e.Env})
}

func digest(e Environment) string {
	// A struct of strings, numbers, byte slices and string-keyed maps always
	// encodes, and encoding/json sorts the maps. NaN is refused by validate.
	text, err := json.Marshal(e)
	if err != nil {
		text = fmt.Append(nil, err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// validate checks what comes from outside before anything is done with it.
func (e Environment) validate() error {
	var errs []error
	if e.ID == "" {
		errs = append(errs, errors.New("it has no id"))
	}
	if len(e.Service) == 0 {
		errs = append(errs, errors.New("it has no service"))
	}
	for name := range e.Files {
		if name == "" || path.IsAbs(name) || path.Clean(name) != name || name == ".." || strings.HasPrefix(name, "../") || strings.ContainsRune(name, 0) {
			errs = append(errs, fmt.Errorf("file name %q is not a plain relative path", name))
		}
	}
	for name, value := range e.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.ContainsRune(value, 0) {
			errs = append(errs, fmt.Errorf("environment variable %q cannot be set", name))
		}
	}
	for _, argument := range append(append([]string{}, e.Setup...), e.Service...) {
		if strings.ContainsRune(argument, 0) {
			errs = append(errs, fmt.Errorf("argument %q holds a zero byte", argument))
		}
	}
	l := e.Limits
	if l.MemoryBytes < 0 || !(l.CPUs >= 0 && l.CPUs < 1e6) || l.PIDs < 0 || l.TmpfsBytes < 0 {
		errs = append(errs, fmt.Errorf("limits %+v are out of range", l))
	}
	errs = append(errs, validateMounts(e.Mounts)...)
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("environment %q: %w", e.ID, err)
	}
	return nil
}

// validateMounts lets none lie in another: its folder could not be made there.
func validateMounts(mounts []Mount) []error {
	var errs []error
	for i, m := range mounts {
		if !filepath.IsAbs(m.Source) || filepath.Clean(m.Source) != m.Source || strings.ContainsRune(m.Source, 0) {
			errs = append(errs, fmt.Errorf("mounted folder %q is not a plain absolute path", m.Source))
		}
		if path.Clean(m.Target) != m.Target || !strings.HasPrefix(m.Target, dataDir+"/") || strings.ContainsRune(m.Target, 0) {
			errs = append(errs, fmt.Errorf("folder %s is mounted at %q, which is no plain path below %s", m.Source, m.Target, dataDir))
		}
		for _, other := range mounts[:i] {
			if strings.HasPrefix(m.Target+"/", other.Target+"/") || strings.HasPrefix(other.Target+"/", m.Target+"/") {
				errs = append(errs, fmt.Errorf("folders are mounted at %s and %s, one in the other", other.Target, m.Target))
			}
		}
	}
	return errs
}

// variables is the environment inside, sorted by nothing in particular.
func (e Environment) variables() map[string]string {
	all := make(map[string]string, len(e.Env)+1)
	for name, value := range e.Env {
		all[name] = value
	}
	all["HARNESS_BOX"] = "1"
	return all
}
