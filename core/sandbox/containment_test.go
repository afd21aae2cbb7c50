package sandbox_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/needs"
	"harness/core/sandbox"
	"harness/core/sandbox/sandboxtest"
)

// What a candidate does reaches neither the machine nor the service that judges it nor
// the next candidate.
func TestContainment(t *testing.T) { eachDriver(t, containment) }

// The same holds if an ordinary user runs the harness, who has no control groups and no
// second user.
func TestContainmentForAnOrdinaryUser(t *testing.T) {
	program, err := probe()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "probe")
	if err := os.WriteFile(path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	if sandboxtest.AsOrdinaryUser(t, ".", map[string]string{builtProbe: path}) {
		sandboxtest.Only(t, "bubblewrap", t.TempDir(), containment)
	}
}

func containment(t *testing.T, driver sandbox.Driver) {
	for _, second := range []bool{false, true} {
		t.Run(fmt.Sprintf("second user %t", second), func(t *testing.T) {
			env := environment(t)
			env.SecondUser = second
			if second {
				env.Dockerfile = "FROM debian:bookworm-slim\n" // has setpriv
			}
			if err := driver.Prepare(t.Context(), env); err != nil && strings.Contains(err.Error(), "make base-image") {
				needs.Part(t, "the base image", "make base-image")
			}
			box := open(t, driver, env)
			split := strings.Contains(ask(t, box, "environment"), "HARNESS_CANDIDATE_USER=")
			if split != second && (driver.Name() == "docker" || os.Geteuid() == 0) {
				t.Errorf("a second user: %t", split)
			}
			is := func(want string) func(string) bool {
				return func(s string) bool { return s == want }
			}
			refused := func(s string) bool { return strings.HasPrefix(s, "no: ") }
			type attempt struct {
				name, request string
				want          func(string) bool
			}
			who := ""
			var all []attempt
			if os.Geteuid() == 0 { // else nobody here is, and a box cannot see the user outside
				all = append(all, attempt{"the service is not root of the machine", "outside", is("65534")})
			}
			if split {
				who = "as-candidate "
				all = append(all,
					attempt{"the service has the capabilities that it needs, and no more", "capabilities", is("CapPrm: 00000000000000e0, CapEff: 00000000000000e0, CapBnd: 00000000000000e0, NoNewPrivs: 1")},
					attempt{"the service ends candidates", "kill-candidate", is("yes")},
					attempt{"a candidate is another user", who + "user", is("65533 65533")},
					attempt{"a candidate has no capabilities", who + "capabilities", is("CapPrm: 0000000000000000, CapEff: 0000000000000000, CapBnd: 00000000000000e0, NoNewPrivs: 1")},
					attempt{"a candidate cannot end the service", who + "signal", refused},
					attempt{"a candidate can write to /box", who + "write /box/of-a-candidate", is("yes")},
				)
			} else {
				all = append(all, attempt{"the service has no capabilities", "capabilities", func(s string) bool {
					return strings.Contains(s, "CapPrm: 0000000000000000, CapEff: 0000000000000000") && strings.Contains(s, "NoNewPrivs: 1")
				}})
			}
			all = append(all,
				attempt{"no setting of the kernel can be opened for writing", who + "settings", is("")},
				attempt{"no device can be changed", who + "devices", is("")},
				attempt{"nothing outlives its process", who + "leave", is("")},
				attempt{"nothing but /box can be written to", who + "writable", is("/box")},
			)
			if split || driver.Name() == "bubblewrap" { // one user in a container can do so to itself
				all = append(all,
					attempt{"no limit of the service can be set", who + "limit", refused},
					attempt{"the service cannot be slowed down", who + "slow-down", refused},
				)
			}
			if driver.Name() == "bubblewrap" { // in a container the service has to look
				all = append(all, attempt{"nothing can be attached to /box", who + "attribute /box", refused})
			}
			for _, c := range all {
				t.Run(c.name, func(t *testing.T) {
					if got := ask(t, box, c.request); !c.want(got) {
						t.Errorf("%s: got %q", c.request, got)
					}
				})
			}
		})
	}
}
