package sandbox

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"harness/core/internal/lines"
)

// imageRepository holds the images of all environments; the tag is the digest. The
// name of its registry is reserved and never exists, so that neither testcontainers
// nor the daemon looks for our images in a real registry.
const imageRepository = "harness.invalid/sandbox"

func imageTag(env Environment) string { return imageRepository + ":" + env.contentDigest() }

func isNotFound(err error) bool { return errdefs.IsNotFound(err) }

// buildLimit is the time limit of building an image, which fetches packages.
const buildLimit = 30 * time.Minute

// Prepare builds the environment's image unless the daemon has it.
func (d *docker) Prepare(ctx context.Context, env Environment) error {
	if err := env.validate(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, buildLimit)
	defer cancel()
	tag := imageTag(env)
	_, err := d.client.ImageInspect(ctx, tag)
	if err == nil {
		return nil
	}
	if !isNotFound(err) {
		return &Error{Driver: dockerName, Op: "look for image " + tag, Err: err}
	}
	archive, err := buildContext(env)
	if err != nil {
		return &Error{Driver: dockerName, Op: "pack image context", Err: err}
	}
	d.log.Info("build image", "environment", env.ID, "tag", tag)
	var last lines.Tail
	output := &lines.Writer{Each: func(line string) {
		d.log.Debug("build image", "environment", env.ID, slog.String("output", line))
		fmt.Fprintln(&last, line)
	}}
	_, err = d.provider.BuildImage(ctx, &testcontainers.ContainerRequest{FromDockerfile: testcontainers.FromDockerfile{
		ContextArchive: bytes.NewReader(archive),
		Repo:           imageRepository,
		Tag:            env.contentDigest(),
		KeepImage:      true,
		BuildLogWriter: output,
		BuildOptionsModifier: func(o *client.ImageBuildOptions) {
			// Fetch packages as the host does, even if the engine's network has no access.
			o.NetworkMode = "host"
		},
	}})
	if err != nil {
		failed := &Error{Driver: dockerName, Op: "build image of environment " + env.ID, Err: err}
		if missing := d.missingBase(ctx, env.Dockerfile); missing != "" {
			failed.Hint = fmt.Sprintf("the base image %s is missing and could not be pulled; without a registry, run: make base-image", missing)
		} else if text := last.String(); text != "" {
			failed.Err = fmt.Errorf("%w; last output:\n%s", err, text)
		}
		return failed
	}
	return nil
}

// missingBase returns the first base image of a Dockerfile that the daemon lacks.
func (d *docker) missingBase(ctx context.Context, dockerfile string) string {
	for line := range strings.Lines(dockerfile) {
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.EqualFold(fields[0], "FROM") || fields[1] == "scratch" {
			continue
		}
		if _, err := d.client.ImageInspect(ctx, fields[1]); isNotFound(err) {
			return fields[1]
		}
	}
	return ""
}

// buildContext returns a tar archive of the files and of a Dockerfile that adds them
// to the plugin's image.
func buildContext(env Environment) ([]byte, error) {
	var text strings.Builder
	text.WriteString(strings.TrimRight(env.Dockerfile, "\n") + "\n")
	// The context includes the folder, so that it exists even without files.
	fmt.Fprintf(&text, "COPY files/ %s/\nWORKDIR %s\n", filesDir, filesDir)
	if len(env.Setup) > 0 {
		argv, err := json.Marshal(env.Setup)
		if err != nil {
			return nil, err
		}
		variables := env.variables()
		for _, name := range slices.Sorted(maps.Keys(variables)) {
			fmt.Fprintf(&text, "ENV %s=%s\n", name, quoteDockerfile(variables[name]))
		}
		fmt.Fprintf(&text, "RUN %s\n", argv)
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	add := func(name string, mode int64, content []byte) error {
		header := &tar.Header{Name: name, Mode: mode, Size: int64(len(content)), Typeflag: tar.TypeReg}
		if strings.HasSuffix(name, "/") {
			header.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		_, err := w.Write(content)
		return err
	}
	if err := add("Dockerfile", 0o644, []byte(text.String())); err != nil {
		return nil, err
	}
	if err := add("files/", 0o755, nil); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(env.Files)) {
		if err := add("files/"+name, 0o555, env.Files[name]); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}

// quoteDockerfile quotes a value for ENV.
func quoteDockerfile(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "\n", `\n`).Replace(value) + `"`
}
