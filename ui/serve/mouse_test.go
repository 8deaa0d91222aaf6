package serve

import (
	"strings"
	"testing"
)

func TestTheMouseIsAskedForWhereItIsWanted(t *testing.T) {
	const on, off = "\x1b[?1002h", "\x1b[?1002l"
	for _, wanted := range []bool{true, false} {
		h := newHost(t)
		h.config.Mouse = wanted
		x := open(t, h.start().login(), "xterm", size{80, 24}).shell()
		x.out.await(t, "size 80x24")
		x.press("q")
		x.exit()
		out := x.out.String()
		if strings.Contains(out, on) != wanted {
			t.Errorf("%v: %q", wanted, out)
		}
		if wanted && strings.LastIndex(out, off) < strings.LastIndex(out, on) {
			t.Errorf("not taken back: %q", out)
		}
	}
}
