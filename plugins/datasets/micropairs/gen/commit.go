package gen

import "slices"

// commit is a change of one method: old lines, and the new ones that made it
// right. Corpora of code hold many, as diffs and as notes of reviewers. Here they
// are written in several forms, none of which is a prompt's.
type commit struct {
	*method
	change mutation
}

// newCommit at times takes in lines around the change, which stayed as they were.
func newCommit(s *source) commit {
	m, x := breakable(s, textMix)
	c := commit{m, x}
	if s.chance(12) {
		c.change.start = max(1, x.start-s.intN(4))
		c.change.end = min(len(m.lines)-1, x.end+s.intN(4))
		c.change.wrong = slices.Concat(m.lines[c.change.start:x.start], x.wrong, m.lines[x.end:c.change.end])
	}
	return c
}

func (c commit) before() []string { return c.lines[:c.change.start] }
func (c commit) old() []string    { return c.change.wrong }
func (c commit) new() []string    { return c.lines[c.change.start:c.change.end] }
func (c commit) after() []string  { return c.lines[c.change.end:] }

// oldLines is the method as it was.
func (c commit) oldLines() []string { return slices.Concat(c.before(), c.old(), c.after()) }

// document is the commit as a text.
func (c commit) document() document {
	d := c.shown()
	switch n := c.intN(20); {
	case n < 8:
		d.lines = c.noted()
	case n < 13:
		return c.review()
	case n < 15:
		d.lines = c.diff()
	case n < 16:
		d.lines = slices.Concat(c.oldLines(), c.separator(), c.lines)
	default:
		d.lines = c.hunk()
		for range c.between(1, 4) {
			next := newCommit(c.source)
			d.lines = append(d.lines, next.hunk()...)
			d.methods, d.old = append(d.methods, next.text()), append(d.old, join(next.oldLines()))
		}
	}
	return d
}

func (c commit) shown() document {
	return document{methods: []string{c.text()}, old: []string{join(c.oldLines())}}
}

// hole is the commit with the new lines taken out, or with all of the new method
// but its head. Where a prompt has its hole, between marked old lines and those that
// follow, only a diff has one, and its new lines have signs.
func (c commit) hole() document {
	d := c.shown()
	var above, below []string
	taken := c.new()
	switch n := c.intN(10); {
	case n < 2:
		above, below = slices.Concat(c.oldLines(), c.separator(), c.before()), c.after()
	case n < 3:
		above = slices.Concat(c.oldLines(), c.separator(), c.lines[:1])
		taken, below = c.lines[1:len(c.lines)-1], c.lines[len(c.lines)-1:]
	case n < 6:
		before, after := c.around()
		above = slices.Concat(before, prefixed("-", c.old()))
		taken, below = prefixed("+", taken), after
	default:
		above = slices.Concat(c.before(), c.enclosed(), c.after(), []string{c.heading()})
	}
	d.lines = slices.Concat(above, taken, below)
	d.start, d.end = len(above), len(above)+len(taken)
	return d
}

// review is the method with several lines as they were, below which each change
// follows.
func (c commit) review() document {
	changes := []mutation{c.change}
	for range c.between(1, 3) {
		x := c.mutate()
		if !slices.ContainsFunc(changes, func(y mutation) bool { return x.start < y.end && y.start < x.end }) {
			changes = append(changes, x)
		}
	}
	slices.SortFunc(changes, func(x, y mutation) int { return x.start - y.start })
	old := slices.Clone(c.lines)
	for _, x := range slices.Backward(changes) {
		old = slices.Replace(old, x.start, x.end, x.wrong...)
	}
	signs := c.chance(50)
	above, _ := c.opening()
	between := c.heading()
	lines := slices.Clone(old)
	for _, x := range changes {
		one := commit{c.method, x}
		if signs {
			lines = append(lines, one.hunk()...)
		} else {
			lines = slices.Concat(lines, []string{above}, one.old(), []string{between}, one.new())
		}
	}
	return document{lines: lines, methods: []string{c.text()}, old: []string{join(old)}}
}

// noted is the old method with the old lines between comments and the new lines
// below the method.
func (c commit) noted() []string {
	return slices.Concat(c.before(), c.enclosed(), c.after(), []string{c.heading()}, c.new())
}

// heading says that new lines follow.
func (c commit) heading() string {
	return "// " + pick(c.source, "new", "now", "new line", "after", "is now", "better", "becomes", "use", "instead", "next version", "changed to") +
		pick(c.source, ": ", ": ", " ")
}

// enclosed is the old lines between comments.
func (c commit) enclosed() []string {
	above, word := c.opening()
	below := "// " + pick(c.source, "to here ", word+" up to here ", "over ", "- ", word+" ends here ")
	if c.chance(20) {
		above, below = "/* "+word+pick(c.source, ": ", " "), "*/ "
	}
	return slices.Concat([]string{above}, c.old(), []string{below})
}

// opening says that old lines follow, and with which word.
func (c commit) opening() (line, word string) {
	word = pick(c.source, "old", "was", "before", "to change", "previous", "outdated", "replaced", "first try", "dropped")
	return "// " + word + pick(c.source, ": ", ": ", " from here: ", " "), word
}

// separator parts the old method from the new one.
func (c commit) separator() []string {
	return []string{pick(c.source, "", "// "+pick(c.source, "new", "now", "after", "next version")+": ")}
}

// diff is a unified diff, with all or some of the lines around the change.
func (c commit) diff() []string {
	before, after := c.around()
	return slices.Concat(before, c.hunk(), after)
}

// around is what stands above and below the change in a diff.
func (c commit) around() (above, below []string) {
	before, after := c.before(), c.after()
	if n := c.intN(8); n < len(before) {
		before = before[len(before)-n:]
	}
	if n := c.intN(8); n < len(after) {
		after = after[:n]
	}
	return append([]string{"@@ " + c.name() + " @@"}, prefixed(" ", before)...), prefixed(" ", after)
}

// hunk is the change alone, as a diff without the lines around it.
func (c commit) hunk() []string { return slices.Concat(prefixed("-", c.old()), prefixed("+", c.new())) }

func prefixed(sign string, lines []string) []string {
	var out []string
	for _, line := range lines {
		out = append(out, sign+line)
	}
	return out
}
