package step

import (
	"errors"
	"io/fs"
)

const recordingsFile = "recordings.json"

// Recording is a file of recorded candidates, with the ids of all its bugs.
type Recording struct {
	Name string   `json:"name"`
	Bugs []string `json:"bugs"`
}

// ReadRecordings reads which recordings the answers of a finished Generate step are from;
// there are none if a network gave them.
func ReadRecordings(r *Results, generate ID) ([]Recording, error) {
	var all []Recording
	err := r.ReadJSON(generate, recordingsFile, &all)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return all, err
}
