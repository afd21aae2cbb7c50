package sandbox

import (
	"bytes"
	"encoding/binary"
	"testing"
)

func TestFrames(t *testing.T) {
	var stream bytes.Buffer
	for _, payload := range []string{"", "x", "two words"} {
		text, err := encode([]byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		stream.Write(text)
	}
	stream.Write(append(binary.BigEndian.AppendUint32(nil, lastFrame|3), "end"...))
	for _, want := range []frame{{payload: []byte("")}, {payload: []byte("x")}, {payload: []byte("two words")}, {payload: []byte("end"), last: true}} {
		got, err := readFrame(&stream)
		if err != nil || !bytes.Equal(got.payload, want.payload) || got.last != want.last {
			t.Errorf("got %q, last %t, %v; want %q, last %t", got.payload, got.last, err, want.payload, want.last)
		}
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 1})
	f.Add([]byte{0x80, 0, 0, 1, 'x', 0, 0, 0, 0})
	f.Add([]byte{0x7f, 0xff, 0xff, 0xff, 'x'})
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := bytes.NewReader(stream)
		for {
			got, err := readFrame(r)
			if err != nil {
				return
			}
			again, err := encode(got.payload)
			if err != nil {
				t.Fatal(err)
			}
			if back, err := readFrame(bytes.NewReader(again)); err != nil || !bytes.Equal(back.payload, got.payload) {
				t.Fatalf("%q came back as %q, %v", got.payload, back.payload, err)
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
