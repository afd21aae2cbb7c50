package sandbox

import (
	"bytes"
	"io"
	"testing"
)

func TestFrames(t *testing.T) {
	all := []frame{{payload: []byte("")}, {number: 1, payload: []byte("x")}, {number: 1<<64 - 1, payload: []byte("two words")}, {number: 7, payload: []byte("end"), last: true}}
	var stream bytes.Buffer
	for _, f := range all {
		stream.Write(f.encode())
	}
	for _, want := range all {
		begun := 0
		got, err := readFrame(&stream, func() { begun++ })
		if err != nil || !equal(got, want) || begun != 1 {
			t.Errorf("got %+v, %v; want %+v; %d beginnings", got, err, want, begun)
		}
	}
	if _, err := readFrame(&stream, func() { t.Error("nothing began") }); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

func equal(a, b frame) bool {
	return a.number == b.number && a.last == b.last && bytes.Equal(a.payload, b.payload)
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 1})
	f.Add([]byte("\x80\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x07x\x00\x00"))
	f.Add([]byte("\x7f\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x07x"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := bytes.NewReader(stream)
		for {
			got, err := readFrame(r, func() {})
			if err != nil {
				return
			}
			if back, err := readFrame(bytes.NewReader(got.encode()), func() {}); err != nil || !equal(back, got) {
				t.Fatalf("%+v came back as %+v, %v", got, back, err)
			}
		}
	})
}

func FuzzParseOwner(f *testing.F) {
	f.Add("- boot pid:[4026531836] 12 345")
	f.Add("a b c d e")
	f.Fuzz(func(t *testing.T, text string) {
		o, ok := parseOwner(text)
		if !ok {
			return
		}
		if again, ok := parseOwner(o.String()); !ok || again != o {
			t.Errorf("%q: %+v came back as %+v", text, o, again)
		}
		self := owner{Machine: "m", Boot: "b", Namespace: "n", PID: 1, Started: "1"}
		_ = o.gone(self)
	})
}

func TestOwner(t *testing.T) {
	self, err := thisProcess()
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*owner)) owner {
		o := self
		change(&o)
		return o
	}
	for _, c := range []struct {
		name string
		o    owner
		want bool
	}{
		{"this process lives", self, false},
		{"its id was another process's before", with(func(o *owner) { o.Started = "1" }), true},
		{"a process that never was", with(func(o *owner) { o.PID = 1 << 30 }), true},
		{"a process of another namespace cannot be judged", with(func(o *owner) { o.PID = 1 << 30; o.Namespace = "pid:[1]" }), false},
		{"a process of another machine cannot be judged", with(func(o *owner) { o.Machine, o.Boot = "other", "other" }), false},
		{"a process of an unknown machine cannot be judged", with(func(o *owner) { o.Machine, o.Boot = "-", "other" }), false},
	} {
		if got := c.o.gone(self); got != c.want {
			t.Errorf("%s: gone is %t", c.name, got)
		}
	}
	if self.Machine != "-" {
		if o := with(func(o *owner) { o.Boot = "earlier" }); !o.gone(self) {
			t.Error("a process of this machine's earlier boot lives")
		}
	}
}
