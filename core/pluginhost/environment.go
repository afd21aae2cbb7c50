package pluginhost

import (
	"os"
	"strings"
)

// environment is the part of the host's environment that plugins get. It is a
// list of what they need rather than of what is secret, so that a token which
// nobody thought of does not reach them.
func environment(all []string) []string {
	names := map[string]bool{}
	for _, name := range []string{
		"PATH", "HOME", "USER", "TMPDIR", "TZ", "LANG", "LANGUAGE", "LD_LIBRARY_PATH",
		"DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH",
		"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
		"SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO",
		"CUDA_VISIBLE_DEVICES", "XLA_FLAGS", "TF_CPP_MIN_LOG_LEVEL",
		"GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK", "GODEBUG",
	} {
		names[name] = true
	}
	var kept []string
	for _, entry := range all {
		name, _, _ := strings.Cut(entry, "=")
		upper := strings.ToUpper(name)
		switch {
		case names[name], names[upper] && strings.HasSuffix(upper, "_PROXY"):
		case hasAnyPrefix(name, "XDG_", "LC_", "HARNESS_", "GOMLX_", "NVIDIA_") && !secret(upper):
		default:
			continue
		}
		kept = append(kept, entry)
	}
	return kept
}

func secret(name string) bool {
	for _, word := range []string{"TOKEN", "SECRET", "PASSWORD", "CREDENTIAL", "API_KEY"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}

func pluginEnvironment() []string { return environment(os.Environ()) }
