package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"
	"testing"
)

// served starts `ec2deck sim` and returns what it says about itself.
func served(t *testing.T, args ...string) (address string, lines []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"sim", "--listen", "127.0.0.1:0"}, args...), nil, in, in)
		_ = in.Close()
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("sim ended with %d", code)
		}
	})
	scanner := bufio.NewScanner(out)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
		if strings.HasPrefix(scanner.Text(), "ec2deck --endpoint-url") {
			break // the introduction of the first account
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	if len(lines) == 0 {
		t.Fatal("sim says nothing")
	}
	return strings.TrimPrefix(lines[0], "listening on "), lines
}

var export = regexp.MustCompile(`^export AWS_ACCESS_KEY_ID=(\S+) AWS_SECRET_ACCESS_KEY=(\S+) AWS_REGION=(\S+)$`)

func TestSimIntroducesItself(t *testing.T) {
	address, lines := served(t, "--fleet", "../../testdata/fleets/small.json")
	keys := export.FindStringSubmatch(lines[3])
	if keys == nil || keys[1] != "AKIASIMULATORTEST001" || keys[3] != "us-east-1" {
		t.Fatalf("%q", lines)
	}
	if want := "aws --endpoint-url " + address + " --region us-east-1 ec2 describe-instances"; lines[4] != want {
		t.Errorf("%q, want %q", lines[4], want)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", keys[1])
	t.Setenv("AWS_SECRET_ACCESS_KEY", keys[2])
	t.Setenv("AWS_REGION", keys[3])
	var out, errs bytes.Buffer
	args := []string{"--endpoint-url", address, "run", "list-instances", "--output", "text"}
	if code := run(t.Context(), args, nil, &out, &errs); code != 0 || strings.Count(out.String(), "\n") != 16 {
		t.Errorf("exit %d: %s%s", code, out.String(), errs.String())
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong")
	errs.Reset()
	if code := run(t.Context(), args, nil, &out, &errs); code != 4 || !strings.Contains(errs.String(), "AuthFailure") {
		t.Errorf("a wrong secret: exit %d: %s", code, errs.String())
	}
}
