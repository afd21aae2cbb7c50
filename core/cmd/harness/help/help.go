// Package help holds the topics of `harness help`: Markdown files, which read well on a forge, too. A terminal gets them
// as they are written: lines are short, emphasis is rare and tables are few, so a renderer would add a dependency with
// its own Markdown parser, style sheets and syntax highlighter, and little else.
package help

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
)

//go:embed *.md
var files embed.FS

// Topic is one page of help.
type Topic struct {
	Name    string // "training"
	Summary string // the page's heading, without its name: "how a model is fine-tuned"
	Text    string // Markdown
}

// order is how topics are listed: as a new user meets them.
func order() []string {
	return []string{
		"study", "models", "adapters", "data", "training", "decoding", "judging", "bugs", "defects4j", "published", "identity", "store", "output", "plugins", "developing",
	}
}

// Topics lists all topics.
func Topics() ([]Topic, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var topics []Topic
	for _, entry := range entries {
		name := strings.TrimSuffix(entry.Name(), path.Ext(entry.Name()))
		topic, err := read(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(order(), name) {
			return nil, fmt.Errorf("help topic %s has no place in the list of topics", name)
		}
		topics = append(topics, topic)
	}
	slices.SortFunc(topics, func(a, b Topic) int { return slices.Index(order(), a.Name) - slices.Index(order(), b.Name) })
	return topics, nil
}

// read splits a page's first line, "# NAME: SUMMARY".
func read(name string) (Topic, error) {
	text, err := files.ReadFile(name + ".md")
	if err != nil {
		return Topic{}, err
	}
	heading, _, _ := strings.Cut(string(text), "\n")
	summary, found := strings.CutPrefix(heading, "# "+name+": ")
	if !found {
		return Topic{}, fmt.Errorf("help topic %s begins with %q, expected %q", name, heading, "# "+name+": SUMMARY")
	}
	return Topic{Name: name, Summary: summary, Text: string(text)}, nil
}
