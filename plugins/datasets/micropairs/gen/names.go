package gen

import "strings"

// rename gives the method and its variables names that mean nothing. The names of
// the families are few, and a model soon knows which belong together; these it has
// to read where they stand.
func (m *method) rename() {
	words := map[string]string{m.name(): ""}
	for _, v := range m.scope {
		words[v.name] = ""
	}
	other := func(word string) string {
		for {
			invented := m.invented()
			if !m.taken[invented] && !keywords[invented] {
				m.taken[invented] = true
				words[word] = invented
				return invented
			}
		}
	}
	other(m.name())
	for i := range m.scope {
		m.scope[i].name = other(m.scope[i].name)
	}
	for i := range m.lines {
		m.lines[i] = rewrite(m.lines[i], words)
	}
}

// invented is a name of one to three syllables.
func (m *method) invented() string {
	var name strings.Builder
	for range pick(m.source, 1, 1, 2, 2, 2, 3) {
		name.WriteByte(consonants[m.intN(len(consonants))])
		name.WriteByte(vowels[m.intN(len(vowels))])
		if m.chance(25) {
			name.WriteByte(endings[m.intN(len(endings))])
		}
	}
	return name.String()
}

// Without b and x no name holds a word that prompts mark bugs with.
const (
	consonants = "cdfghjklmnprstvwz"
	vowels     = "aeiou"
	endings    = "dklmnprst"
)
