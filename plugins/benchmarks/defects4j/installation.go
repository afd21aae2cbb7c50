package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"harness/core/sdk/benchmark"
	checkout "harness/core/sdk/source"
)

// Fetch copies from an installation, beside the bugs:
//
//	defects4j/framework/, defects4j/major/  the tools, without any project's patches
//	defects4j/project_repos/README          without which the command refuses to work
//	jdk/                                    java_home, where that is not below /usr
const (
	toolDir, toolTarget = "defects4j", "/data/defects4j"
	jdkDir, jdkTarget   = "jdk", "/data/jdk"
)

// installation is a Defects4J that can be called.
type installation struct {
	cli cli
	// scratch is a folder that has the same name for the command and for this process.
	scratch string
	// read returns a file of the installation, such as a jar.
	read  func(ctx context.Context, name string) ([]byte, error)
	close func() error
}

// openInstallation finds the command: in a local folder or in a container image.
func openInstallation(ctx context.Context, c config, baseDir string) (*installation, error) {
	scratch, err := os.MkdirTemp("", "harness-defects4j-")
	if err != nil {
		return nil, err
	}
	remove := func() error { return os.RemoveAll(scratch) }
	if c.Image != "" {
		i, err := openImage(ctx, c.Image, scratch)
		if err != nil {
			return nil, errors.Join(err, remove())
		}
		closeImage := i.close
		i.close = func() error { return errors.Join(closeImage(), remove()) }
		return i, nil
	}
	command := filepath.Join(absolute(c.Installation, baseDir), "framework", "bin", "defects4j")
	if _, err := os.Stat(command); err != nil {
		return nil, errors.Join(fmt.Errorf("this is not an installation of Defects4J: %w", err), remove())
	}
	environment := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "TZ=") || strings.HasPrefix(v, "JAVA_TOOL_OPTIONS=") })
	if c.JavaHome != "" {
		home := absolute(c.JavaHome, baseDir)
		environment = append(environment, "JAVA_HOME="+home, "PATH="+filepath.Join(home, "bin")+":"+os.Getenv("PATH"))
	}
	return &installation{cli: local(command, environment), scratch: scratch, read: readLibrary, close: remove}, nil
}

func readLibrary(_ context.Context, name string) ([]byte, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return nil, errFolder
	}
	return os.ReadFile(name)
}

func absolute(name, baseDir string) string {
	if !filepath.IsAbs(name) {
		name = filepath.Join(baseDir, name)
	}
	return filepath.Clean(name)
}

// identity identifies an installation by its commands and bugs.
func (c config) identity(ctx context.Context, baseDir string) (string, error) {
	if c.Image != "" {
		return imageIdentity(ctx, c.Image)
	}
	root := absolute(c.Installation, baseDir)
	if _, err := os.Stat(filepath.Join(root, "framework", "bin", "defects4j")); err != nil {
		return "", fmt.Errorf("this is not an installation of Defects4J: %w", err)
	}
	sum := sha256.New()
	err := filepath.WalkDir(filepath.Join(root, "framework"), func(full string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, full)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(relative)
		parts := strings.Split(name, "/")
		switch {
		case d.IsDir() && len(parts) == 2 && !slices.Contains([]string{"bin", "core", "projects", "util"}, parts[1]):
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		file, err := os.Open(full)
		if err != nil {
			return err
		}
		defer file.Close()
		fmt.Fprintf(sum, "%q ", name)
		n, err := io.Copy(sum, file)
		fmt.Fprintln(sum, "", n)
		return err
	})
	if err != nil {
		return "", err
	}
	if c.JavaHome != "" {
		// The folder's name does not matter.
		release, err := os.ReadFile(filepath.Join(absolute(c.JavaHome, baseDir), "release"))
		if err != nil {
			return "", fmt.Errorf("java_home is not a JDK: %w", err)
		}
		sum.Write(release)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// takeTools copies what judging needs of a local installation, without the projects'
// patches, which are the answers.
func (c config) takeTools(ctx context.Context, request *benchmark.FetchRequest) error {
	if c.Installation == "" {
		return nil
	}
	root := absolute(c.Installation, request.GetBaseDir())
	keep := func(name string) bool {
		parts := strings.Split(name, "/")
		switch parts[0] {
		case "major":
			return true
		case "project_repos":
			return name == "project_repos/README" // has the version; the repositories hold the fixes
		case "framework":
			return !(len(parts) > 3 && parts[1] == "projects" && parts[3] == "patches") && (len(parts) < 2 || parts[1] != "test")
		}
		return false
	}
	tools := filepath.Join(request.GetDir(), toolDir)
	if err := copyInto(ctx, root, tools, keep); err != nil {
		return fmt.Errorf("copy the installation: %w", err)
	}
	// The command refuses to work without these folders, even if they are empty.
	for _, name := range []string{"test_generation/generation", "build_systems/gradle/dists", "build_systems/gradle/deps"} {
		name = filepath.Join("framework", "lib", name)
		if info, err := os.Stat(filepath.Join(root, name)); err != nil || !info.IsDir() {
			continue
		}
		if err := os.MkdirAll(filepath.Join(tools, name), 0o755); err != nil {
			return fmt.Errorf("copy the installation: %w", err)
		}
	}
	if home := absolute(c.JavaHome, request.GetBaseDir()); c.JavaHome != "" && !strings.HasPrefix(home, "/usr/") {
		if err := copyInto(ctx, home, filepath.Join(request.GetDir(), jdkDir), nil); err != nil {
			return fmt.Errorf("copy java_home: %w", err)
		}
	}
	return nil
}

func copyInto(ctx context.Context, from, to string, keep func(string) bool) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	_, err := checkout.Checkout(ctx, from, to, checkout.Options{Keep: keep, MaxBytes: maxBytes})
	return err
}

// toolMounts returns the folders of an installation that a box with its command needs.
func (c config) toolMounts() []*benchmark.Mount {
	if c.Installation == "" {
		return nil
	}
	mounts := []*benchmark.Mount{{Source: toolDir, Target: toolTarget}}
	if c.JavaHome != "" && !strings.HasPrefix(path.Clean(c.JavaHome), "/usr/") {
		mounts = append(mounts, &benchmark.Mount{Source: jdkDir, Target: jdkTarget})
	}
	return mounts
}

// environment returns the environment with Defects4J's own command.
func (c config) environment() *benchmark.Environment {
	e := &benchmark.Environment{
		Id:    confirmID,
		Files: map[string][]byte{"confirm.pl": confirmScript},
		Env: map[string]string{
			"HOME": "/box", "TMPDIR": "/box", "TZ": "America/Los_Angeles", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",
		},
		Limits: &benchmark.Limits{MemoryBytes: 4 << 30, Cpus: 1, Pids: 512, TmpfsBytes: 2 << 30},
	}
	if c.Image != "" {
		// The command is on the image's PATH. The answers are deleted: patches, the
		// projects' repositories, and Defects4J's own repository, which has the patches.
		e.Dockerfile = "FROM " + c.Image + "\nUSER root\nENTRYPOINT []\n" +
			`RUN find / -xdev -type d \( -path '*/framework/projects/*/patches' -o -name .git \) -prune -exec rm -rf {} + \
 && find / -xdev -depth -path '*/project_repos/*' ! -path '*/project_repos/README' -delete` + "\n"
		e.Requirements = []*benchmark.Requirement{{
			Path: "/a/container/image", Hint: `bugs of a container image are judged in containers: use sandbox "docker"`,
		}}
		e.Service = []string{"perl", "/opt/harness/confirm.pl", "defects4j", projectTarget}
		return e
	}
	e.Dockerfile = `FROM debian:bookworm-slim
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update \
 && apt-get install -y --no-install-recommends perl libdbi-perl libdbd-csv-perl libjson-perl libstring-interpolate-perl openjdk-17-jdk-headless junit4 \
 && rm -rf /var/lib/apt/lists/*
`
	e.Requirements = []*benchmark.Requirement{{Command: "perl", Hint: "apt-get install perl"}}
	programs := ""
	if home := path.Clean(c.JavaHome); strings.HasPrefix(home, "/usr/") {
		programs = home + "/bin:"
	} else if c.JavaHome != "" {
		programs = jdkTarget + "/bin:"
	}
	e.Env["PATH"] = programs + "/usr/local/bin:/usr/bin:/bin"
	e.Service = []string{"perl", "/opt/harness/confirm.pl", toolTarget + "/framework/bin/defects4j", projectTarget}
	return e
}

// sameBytes reports whether two files hold the same.
func sameBytes(a, b string) (bool, error) {
	x, err := readFile(a)
	if err != nil {
		return false, err
	}
	y, err := readFile(b)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return bytes.Equal(x, y), err
}
