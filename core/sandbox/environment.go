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
	// Files are in /opt/harness of every box, read-only and executable. Names are
	// slash-separated and relative.
	Files map[string][]byte
	// Setup is the argv of a program that runs once, when the environment is
	// prepared, and may write to /opt/harness, its working folder. Drivers without
	// images run it in a box; drivers with images run it in the image's build, as root
	// and with the host's network. It is code of the plugin and trusted: no candidate is
	// present yet. Empty: none.
	Setup []string
	// Requires lists what the host must have, for drivers that use its root file system.
	Requires []Requirement
	// Service is the argv of the program that answers requests.
	Service []string
	// SecondUser lets the service start programs of a candidate as another user, which it
	// must do if the variable HARNESS_CANDIDATE_USER is set: to that user's and group's
	// number. It then has the capabilities to change its user and to end processes of
	// others, and no more. Images must have setpriv, of util-linux, and env, of GNU, on their PATH. If
	// the variable is not set, this machine has no second user for boxes.
	SecondUser bool `json:",omitempty"`
	// Env holds all environment variables inside, apart from HARNESS_BOX=1.
	Env    map[string]string
	Limits Limits
	// Mounts are folders of this machine that boxes hold below /data.
	Mounts []Mount `json:",omitempty"`
}

// Mount is a folder of this machine in a box. Processes of the box can read those of
// its files that all users may read, and write none.
type Mount struct {
	Source string // absolute path on this machine, or on the machine of the container engine
	Target string // absolute path in the box, below /data
}

// Requirement is a command on the host's PATH or a file that the host must have. Hint
// says how to install it.
type Requirement struct {
	Command string
	Path    string
	Hint    string
}

// Missing returns an error that names all requirements that this machine lacks, with
// their hints, or nil. Boxes that are containers do not need them.
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
	return &Error{Driver: bubblewrapName, Op: "find the requirements of environment " + env.ID, Err: errors.Join(missing...), Hint: strings.Join(hints, "; ")}
}

// Limits of one box. Zero is no limit.
type Limits struct {
	MemoryBytes int64
	CPUs        float64
	PIDs        int
	TmpfsBytes  int64 // size of /box
}

// Digest identifies an environment by what can affect an outcome: all but Requires.
func (e Environment) Digest() string {
	e.Requires = nil
	return digest(e)
}

// contentDigest identifies the result of Prepare: environments that differ only in
// limits, service or mounts share it.
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

// validate checks an environment before it is used, since plugins send it.
func (e Environment) validate() error {
	var errs []error
	if e.ID == "" {
		errs = append(errs, errors.New("the id is missing"))
	}
	if len(e.Service) == 0 {
		errs = append(errs, errors.New("the service is missing"))
	}
	for name := range e.Files {
		if name == "" || path.IsAbs(name) || path.Clean(name) != name || name == ".." || strings.HasPrefix(name, "../") || strings.ContainsRune(name, 0) {
			errs = append(errs, fmt.Errorf("file name %q is not a plain relative path", name))
		}
	}
	for name, value := range e.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.ContainsRune(value, 0) {
			errs = append(errs, fmt.Errorf("environment variable %q has an invalid name or value", name))
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

// validateMounts refuses, among others, a mount inside another one: the folder to
// mount on could not be made there.
func validateMounts(mounts []Mount) []error {
	var errs []error
	for i, m := range mounts {
		if !filepath.IsAbs(m.Source) || filepath.Clean(m.Source) != m.Source || strings.ContainsRune(m.Source, 0) {
			errs = append(errs, fmt.Errorf("mounted folder %q is not a plain absolute path", m.Source))
		}
		if path.Clean(m.Target) != m.Target || !strings.HasPrefix(m.Target, dataDir+"/") || strings.ContainsRune(m.Target, 0) {
			errs = append(errs, fmt.Errorf("folder %s is mounted at %q, which is not a plain path below %s", m.Source, m.Target, dataDir))
		}
		for _, other := range mounts[:i] {
			if strings.HasPrefix(m.Target+"/", other.Target+"/") || strings.HasPrefix(other.Target+"/", m.Target+"/") {
				errs = append(errs, fmt.Errorf("the mounts at %s and %s overlap", other.Target, m.Target))
			}
		}
	}
	return errs
}

// candidateVariable tells the service which user candidates are to be.
const candidateVariable = "HARNESS_CANDIDATE_USER"

// variables returns the environment variables inside.
func (e Environment) variables() map[string]string {
	all := make(map[string]string, len(e.Env)+1)
	for name, value := range e.Env {
		all[name] = value
	}
	all["HARNESS_BOX"] = "1"
	return all
}
