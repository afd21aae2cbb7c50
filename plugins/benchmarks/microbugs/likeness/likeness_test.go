package likeness_test

import (
	"testing"

	"harness/plugins/benchmarks/microbugs/likeness"
)

func TestAlike(t *testing.T) {
	const sum = "public static int sum(int[] a) {\n    return a[0] + a[1];\n}\n"
	tests := []struct {
		name      string
		other     string
		low, high float64
		same      bool
	}{
		{name: "itself", other: sum, low: 1, high: 1, same: true},
		{name: "other names, numbers and layout", other: "public static int total(int[] vals) {return vals[ 2 ]+vals[3]; /* b */}", low: 1, high: 1, same: true},
		{name: "another operator", other: "public static int total(int[] vals) {return vals[2] - vals[3];}", low: 0.9, high: 0.99},
		{name: "another type", other: "public static long total(long[] vals) {return vals[2] + vals[3];}", low: 0.8, high: 0.99},
		{name: "one name for two", other: "public static int a(int[] a) {return a[2] + a[3];}", low: 0.5, high: 0.99},
		{name: "another method", other: "void print(String s) { System.out.println(s); }", low: 0, high: 0.5},
		{name: "nothing", other: "", low: 0, high: 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, b := likeness.Of(sum), likeness.Of(test.other)
			if got := a.Alike(b, 0); got < test.low || got > test.high {
				t.Errorf("alike %.3f, want %.2f to %.2f", got, test.low, test.high)
			}
			if forth, back := a.Alike(b, 0), b.Alike(a, 0); forth != back {
				t.Errorf("alike %.3f one way and %.3f the other", forth, back)
			}
			if same := a.Key() == b.Key(); same != test.same {
				t.Errorf("the keys are the same: %v, want %v", same, test.same)
			}
			if got := a.Alike(b, 1); got != 0 {
				t.Errorf("alike %.3f, want 0 where nothing exceeds what is asked for", got)
			}
		})
	}
}
