package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Hook gives records of what was done, or refused, to a command, as JSON on its
// standard input: a chat or a service desk may have to know. It never keeps a
// change waiting and never refuses one. A record that finds too many others
// before it is dropped.
type Hook struct {
	argv   []string
	limit  time.Duration
	queue  chan Record
	ended  chan struct{}
	cancel context.CancelFunc
	failed chan error

	mu     sync.Mutex
	closed bool
}

const (
	mostQueued  = 100
	mostHookOut = 4 << 10 // of what the command says when it fails
)

// StartHook runs a command, which is no line of a shell, for each record. One
// that has not ended within the limit is stopped.
func StartHook(argv []string, limit time.Duration) *Hook {
	ctx, cancel := context.WithCancel(context.Background())
	h := &Hook{argv: argv, limit: limit, queue: make(chan Record, mostQueued), ended: make(chan struct{}), cancel: cancel, failed: make(chan error, 1)}
	go func() {
		defer close(h.ended)
		for r := range h.queue {
			if err := h.call(ctx, r); err != nil {
				h.fail(err)
			}
		}
	}()
	return h
}

// Record implements Sink. Intents and what happens at a door are not told.
func (h *Hook) Record(r Record) error {
	if r.Event != Outcome && r.Event != Closed && (r.Event != Refusal || r.Operation == "") {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	select {
	case h.queue <- r:
	default:
		h.fail(fmt.Errorf("the hook %s is too slow: a record was dropped", h.argv[0]))
	}
	return nil
}

// Failed tells the first failure, once.
func (h *Hook) Failed() <-chan error { return h.failed }

func (h *Hook) fail(err error) {
	select {
	case h.failed <- err:
	default: // told already, or about to be
	}
}

// Close lets the command have what is left, and stops it when the context ends.
func (h *Hook) Close(ctx context.Context) {
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		close(h.queue)
	}
	h.mu.Unlock()
	select {
	case <-h.ended:
	case <-ctx.Done():
		h.cancel()
		<-h.ended
	}
}

func (h *Hook) call(ctx context.Context, r Record) error {
	text, err := Line(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, h.limit)
	defer cancel()
	c := exec.CommandContext(ctx, h.argv[0], h.argv[1:]...)
	said := &beginning{}
	c.Stdin, c.Stderr, c.WaitDelay = bytes.NewReader(text), said, time.Second // its children may hold the pipes
	switch err = c.Run(); {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("the hook %s was stopped: it had not ended when ec2deck did", h.argv[0])
	case ctx.Err() != nil:
		return fmt.Errorf("the hook %s was stopped: it had not ended after %s", h.argv[0], h.limit)
	}
	return fmt.Errorf("the hook %s failed: %s", h.argv[0], strings.Join(strings.Fields(err.Error()+" "+said.String()), " "))
}

// beginning keeps the beginning of what is written.
type beginning struct{ bytes.Buffer }

// Write implements io.Writer.
func (b *beginning) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:max(0, min(len(p), mostHookOut-b.Len()))])
	return len(p), nil
}
