package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
)

var errNoRepository = errors.New("not a git repository")

// open opens the repository of a folder: a clone, a worktree of one, or a bare repository.
// Objects that it borrows from other repositories are read there.
func open(folder string) (*git.Repository, error) {
	own, common, err := gitFolders(folder)
	if errors.Is(err, errNoRepository) {
		return nil, fmt.Errorf("the folder %s is not a git repository; name it without @<commit> to take it as it is", folder)
	}
	if err != nil {
		return nil, err
	}
	objects := filepath.Join(common, "objects")
	borrowed, err := alternates(objects, []string{objects})
	if err != nil {
		return nil, err
	}
	at := dotgit.NewRepositoryFilesystem(osfs.New(own), osfs.New(common))
	shared := sharedStorage{Storer: filesystem.NewStorage(at, cache.NewObjectLRUDefault())}
	for _, objects := range borrowed {
		shared.others = append(shared.others, filesystem.NewStorage(osfs.New(filepath.Dir(objects)), cache.NewObjectLRUDefault()))
	}
	return git.Open(shared, nil)
}

// gitFolders returns where git keeps a repository: the folder of this worktree alone, and
// the one that all its worktrees share, with the objects.
func gitFolders(folder string) (own, common string, err error) {
	own = filepath.Join(folder, ".git")
	info, err := os.Stat(own)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		own = folder
	case err != nil:
		return "", "", err
	case !info.IsDir():
		text, err := readSmall(own)
		if err != nil {
			return "", "", err
		}
		target, ok := strings.CutPrefix(text, "gitdir:")
		if !ok {
			return "", "", fmt.Errorf("%w: %s is a file that names no folder", errNoRepository, own)
		}
		at := own
		if own = absolute(strings.TrimSpace(target), folder); !isFolder(own) {
			return "", "", fmt.Errorf("the folder %s belongs to a repository that is not there: %s names %s", folder, at, own)
		}
	}
	common = own
	switch text, err := readSmall(filepath.Join(own, "commondir")); {
	case err == nil:
		common = absolute(strings.TrimSpace(text), own)
	case !errors.Is(err, fs.ErrNotExist):
		return "", "", err
	}
	if info, err := os.Stat(filepath.Join(own, "HEAD")); err != nil || !info.Mode().IsRegular() || !isFolder(filepath.Join(common, "objects")) {
		return "", "", errNoRepository
	}
	return own, common, nil
}

// isBare reports whether a folder holds a repository's own files, not those of a commit.
func isBare(folder string) bool {
	own, common, err := gitFolders(folder)
	return err == nil && own == folder && isFolder(filepath.Join(common, "refs"))
}

// alternates returns the folders of objects that a folder of objects borrows from, and
// those that these borrow from. Known are those that are found already.
func alternates(objects string, known []string) ([]string, error) {
	list := filepath.Join(objects, "info", "alternates")
	text, err := readSmall(list)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if unquoted, err := strconv.Unquote(line); err == nil {
			line = unquoted
		}
		other := absolute(line, objects)
		if slices.Contains(known, other) {
			continue
		}
		if !isFolder(other) {
			return nil, fmt.Errorf("the repository borrows objects from %s, which is not there (%s names it); make a clone that does not, or mend it with git repack -a -d where the folder is", other, list)
		}
		known = append(known, other)
		more, err := alternates(other, known)
		if err != nil {
			return nil, err
		}
		known = append(known, more...)
		found = append(append(found, other), more...)
	}
	return found, nil
}

// sharedStorage is a repository's storage that looks for objects in others, too.
type sharedStorage struct {
	storage.Storer
	others []storer.EncodedObjectStorer
}

// EncodedObject implements storer.EncodedObjectStorer.
func (s sharedStorage) EncodedObject(kind plumbing.ObjectType, hash plumbing.Hash) (plumbing.EncodedObject, error) {
	found, err := s.Storer.EncodedObject(kind, hash)
	for _, other := range s.others {
		if !errors.Is(err, plumbing.ErrObjectNotFound) {
			break
		}
		found, err = other.EncodedObject(kind, hash)
	}
	return found, err
}

// EncodedObjectSize implements storer.EncodedObjectStorer.
func (s sharedStorage) EncodedObjectSize(hash plumbing.Hash) (int64, error) {
	size, err := s.Storer.EncodedObjectSize(hash)
	for _, other := range s.others {
		if !errors.Is(err, plumbing.ErrObjectNotFound) {
			break
		}
		size, err = other.EncodedObjectSize(hash)
	}
	return size, err
}

// HasEncodedObject implements storer.EncodedObjectStorer.
func (s sharedStorage) HasEncodedObject(hash plumbing.Hash) error {
	err := s.Storer.HasEncodedObject(hash)
	for _, other := range s.others {
		if !errors.Is(err, plumbing.ErrObjectNotFound) {
			break
		}
		err = other.HasEncodedObject(hash)
	}
	return err
}

// readSmall reads a file of git's that is small by its nature.
func readSmall(name string) (string, error) {
	const most = 1 << 16
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("%s has more than %d bytes", name, most)
	}
	return string(text), err
}
