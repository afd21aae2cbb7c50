package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"harness/core/internal/lines"
)

// resolve returns the commit that a branch, tag or short commit refers to now.
func resolve(folder, revision string) (string, error) {
	repository, err := open(folder)
	if err != nil {
		return "", err
	}
	hash, err := repository.ResolveRevision(plumbing.Revision(revision))
	if err != nil {
		return "", err
	}
	return hash.String(), nil
}

func hasCommit(where location) error {
	repository, err := open(where.folder)
	if err != nil {
		return err
	}
	_, err = commitOf(repository, where)
	return err
}

func commitOf(repository *git.Repository, where location) (*object.Commit, error) {
	commit, err := repository.CommitObject(plumbing.NewHash(where.commit))
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return nil, fmt.Errorf("the repository %s%s has no commit %s; fetch it there, or name another", where.folder, where.url, where.commit)
	}
	return commit, err
}

func checkOutLocal(ctx context.Context, where location, target *tree) error {
	repository, err := open(where.folder)
	if err != nil {
		return err
	}
	commit, err := commitOf(repository, where)
	if err != nil {
		return err
	}
	return checkOut(ctx, commit, target)
}

func checkOutRemote(ctx context.Context, where location, target *tree, progress func(string)) error {
	temporary, err := os.MkdirTemp("", "harness-source-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	progress("fetching " + where.url)
	repository, err := fetch(ctx, where, temporary, progress)
	if err != nil {
		return fmt.Errorf("%w; without a network, clone the repository elsewhere and name the folder: source = \"<folder>@%s\"", err, where.commit)
	}
	commit, err := commitOf(repository, where)
	if err != nil {
		return err
	}
	return checkOut(ctx, commit, target)
}

// fetch gets one commit if the server allows that, otherwise all commits.
func fetch(ctx context.Context, where location, dir string, progress func(string)) (*git.Repository, error) {
	repository, err := git.PlainInit(dir, true)
	if err != nil {
		return nil, err
	}
	remote, err := repository.CreateRemote(&config.RemoteConfig{Name: "origin", URLs: []string{where.url}})
	if err != nil {
		return nil, err
	}
	said := &lines.Writer{Each: progress}
	err = remote.FetchContext(ctx, &git.FetchOptions{
		RefSpecs: []config.RefSpec{config.RefSpec(where.commit + ":refs/heads/pinned")},
		Depth:    1, Tags: git.NoTags, Progress: said,
	})
	if err == nil || ctx.Err() != nil {
		return repository, err
	}
	err = remote.FetchContext(ctx, &git.FetchOptions{
		RefSpecs: []config.RefSpec{"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"},
		Tags:     git.NoTags, Progress: said,
	})
	return repository, err
}

// checkOut writes a commit's files, without submodules, as in an archive.
func checkOut(ctx context.Context, commit *object.Commit, target *tree) error {
	root, err := commit.Tree()
	if err != nil {
		return err
	}
	walker := object.NewTreeWalker(root, true, nil)
	defer walker.Close()
	for {
		name, e, err := walker.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.Mode == filemode.Dir || e.Mode == filemode.Submodule || !target.keep(name) {
			continue
		}
		file, err := root.TreeEntryFile(&e)
		if errors.Is(err, plumbing.ErrObjectNotFound) {
			return fmt.Errorf("%s: the repository lacks its content; clone it without --filter", name)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if e.Mode == filemode.Symlink {
			err = writeLink(target, name, file)
		} else {
			err = target.file(name, file.Size, e.Mode == filemode.Executable, file.Reader)
		}
		if err != nil {
			return err
		}
	}
}

func writeLink(target *tree, name string, file *object.File) error {
	const longest = 4096
	if file.Size > longest {
		return fmt.Errorf("the symbolic link %s has a target of %d bytes", name, file.Size)
	}
	to, err := file.Contents()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return target.symlink(name, to)
}
