package engine

import "testing"

func TestClassOfABackend(t *testing.T) {
	for _, c := range []struct{ name, device, want string }{
		{"go", "", "go"},
		{"go:parallelism=1", "", "go"},
		{"xla:cpu", "TFRT_CPU_0", "cpu"},
		{"xla:cuda,tf32=false", "", "cuda"},
		{"xla:/somewhere/cuda/plugin.so", "TFRT_CPU_0", "cpu"},
		{"xla:/somewhere/cpu/plugin.so", "CudaDevice(id=0)", "cuda"},
		{"xla:tpu", "", "tpu"},
	} {
		if got := classOf(c.name, c.device); got != c.want {
			t.Errorf("%s on %q: class %q, want %q", c.name, c.device, got, c.want)
		}
	}
}
