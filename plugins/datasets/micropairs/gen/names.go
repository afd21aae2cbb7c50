package gen

import "strings"

// rename gives the method and its variables names that mean nothing here: invented
// ones, or words that programs are full of. The names of the families are few, and
// a model soon knows which belong together; these it has to read where they stand.
func (m *method) rename() {
	words := map[string]string{m.name(): ""}
	for _, v := range m.scope {
		words[v.name] = ""
	}
	ordinary := m.chance(50)
	other := func(word string, parts int) string {
		for {
			by := m.invented()
			if ordinary {
				by = m.ordinary(parts)
			}
			if !m.taken[by] && !keywords[by] {
				m.taken[by] = true
				words[word] = by
				return by
			}
		}
	}
	other(m.name(), m.between(1, 2))
	for i := range m.scope {
		m.scope[i].name = other(m.scope[i].name, 1)
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

// ordinary is a name of common words and letters.
func (m *method) ordinary(parts int) string {
	if parts == 1 && m.chance(40) {
		return string(rune('a' + m.intN(26)))
	}
	name := pick(m.source, commonWords...)
	for range parts - 1 {
		word := pick(m.source, commonWords...)
		name += strings.ToUpper(word[:1]) + word[1:]
	}
	return name
}

// Words that many identifiers are made of.
var commonWords = strings.Fields(`
	acc age amount area avg base begin best bit block body bound buf cap cell
	change code col cost count cur day delta depth diff digit dist down edge elem
	end entry factor field first flag front gap get goal group half has head
	height high hour id index input is item items key label last left len letter
	level limit line list low make mark mask max mid min mode month name next
	node num number offset order other out pair part path place point pos power
	prev price prod put queue rank rate rest result right root round row run score
	second seen shift side size span start state step sum swap tail take tax temp
	term text time to token top total turn unit up value weight width window with
	word year zero`)

// Without b and x no name holds a word that prompts mark bugs with.
const (
	consonants = "cdfghjklmnprstvwz"
	vowels     = "aeiou"
	endings    = "dklmnprst"
)
