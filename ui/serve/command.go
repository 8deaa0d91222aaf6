package serve

import (
	"context"
	"io"
	"sync"
)

// command runs the headless command. No shell takes part in it.
func (v *visit) command(ctx context.Context, cancel func(), args []string, out, errs io.Writer) int {
	var in io.Reader = v.channel
	if v.pty {
		keys := newKeyboard()
		go keys.pump(v.channel, cancel)
		in = keys
	}
	return v.server.Command(ctx, v.who, args, in, out, errs)
}

// maxTyped bounds what is typed ahead of a command that does not read.
const maxTyped = 64 << 10

// keyboard is the little of a terminal's line discipline that a command needs:
// the client's own terminal is raw, so enter, ctrl-c and ctrl-d arrive as
// bytes. It never blocks its sender, or ctrl-c would not get past a command
// that reads nothing.
type keyboard struct {
	mu    sync.Mutex
	more  *sync.Cond
	typed []byte
	ended bool
}

func newKeyboard() *keyboard {
	k := &keyboard{}
	k.more = sync.NewCond(&k.mu)
	return k
}

// pump takes in what is typed until the channel ends.
func (k *keyboard) pump(from io.Reader, interrupt func()) {
	buf := make([]byte, 256)
	for {
		n, err := from.Read(buf)
		for _, c := range buf[:n] {
			if c == 0x03 {
				interrupt()
			}
			k.press(c)
		}
		if err != nil {
			k.press(0x04)
			return
		}
	}
}

func (k *keyboard) press(c byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.ended || len(k.typed) >= maxTyped && c != 0x03 && c != 0x04:
	case c == 0x03 || c == 0x04:
		k.ended = true
	case c == '\r':
		k.typed = append(k.typed, '\n')
	default:
		k.typed = append(k.typed, c)
	}
	k.more.Broadcast()
}

func (k *keyboard) Read(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(k.typed) == 0 && !k.ended {
		k.more.Wait()
	}
	if len(k.typed) == 0 {
		return 0, io.EOF
	}
	n := copy(p, k.typed)
	k.typed = k.typed[n:]
	return n, nil
}
