package session

import (
	"os"
	"path/filepath"
	"regexp"
	"time"

	"harness/core/store"
	"harness/core/weights/snapshot"
)

// settled is how old a file must be before its digest is remembered: one that
// was written a moment ago may be written again within the resolution of its
// times.
const settled = 2 * time.Second

// blobName is how a Hugging Face cache names large files: by their SHA-256.
var blobName = regexp.MustCompile(`^[0-9a-f]{64}$`)

// rememberedHash hashes each file once: digests are kept in the user's cache
// folder by path, size, times and inode. A blob of a hub cache is named by its
// digest. Without a cache folder every call hashes.
func rememberedHash() func(path string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return snapshot.HashFile
	}
	known, err := store.OpenRecords(filepath.Join(cache, "harness", "digests.jsonl"))
	if err != nil {
		return snapshot.HashFile
	}
	return func(path string) (string, error) {
		if name := filepath.Base(path); filepath.Base(filepath.Dir(path)) == "blobs" && blobName.MatchString(name) {
			return name, nil
		}
		info, err := os.Stat(path)
		if err != nil {
			return "", err
		}
		key, err := store.NewKey("digest", 1, append([]any{path, info.Size(), info.ModTime().UnixNano()}, fileIdentity(info)...))
		if err != nil {
			return "", err
		}
		var sum string
		if found, err := known.Get(key, &sum); err == nil && found {
			return sum, nil
		}
		if sum, err = snapshot.HashFile(path); err != nil {
			return "", err
		}
		after, err := os.Stat(path)
		if err == nil && after.Size() == info.Size() && after.ModTime().Equal(info.ModTime()) && time.Since(info.ModTime()) > settled {
			// The digest is right without the cache, too: a full disk is no reason to fail.
			_ = known.Put(key, sum)
		}
		return sum, nil
	}
}
