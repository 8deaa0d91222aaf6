package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ec2deck/awsops"
	"ec2deck/keymap"
	"ec2deck/ui/serve"

	"github.com/google/go-cmp/cmp"
)

// TestTheManualIsWhole looks for everything that the program knows: its
// commands, flags and operations, the keys, the exit codes, and the environment
// that its code reads.
func TestTheManualIsWhole(t *testing.T) {
	var out bytes.Buffer
	p := &program{out: &out, errs: &out, getenv: func(string) string { return "" }}
	root := p.tree()
	if code := p.run(t.Context(), root, []string{"man"}); code != 0 {
		t.Fatal(out.String())
	}
	page := strings.NewReplacer(`\&`, "", `\-`, "-", `\\`, `\`).Replace(out.String())
	var want []string
	for _, c := range root.Commands() {
		if !c.Hidden {
			want = append(want, c.Name(), c.Short)
		}
	}
	for _, op := range awsops.All() {
		want = append(want, op.Info().Name, op.Info().Help)
		for _, f := range op.Info().Fields {
			want = append(want, "--"+f.Name)
		}
	}
	for _, g := range keymap.Default().Groups() {
		for _, k := range g.Bindings {
			want = append(want, k.Help().Key+" "+k.Help().Desc)
		}
	}
	files, _ := filepath.Glob("*.go")
	names := regexp.MustCompile(`(?:getenv|ownFile)\("([A-Z0-9_]+)"|\{"(AWS_[A-Z_]+)"`)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range names.FindAllStringSubmatch(string(text), -1) {
			if !strings.HasSuffix(name, "_test.go") {
				want = append(want, found[1]+found[2])
			}
		}
	}
	want = append(want, "0 done", "8 a change was sent")
	for _, text := range want {
		if !strings.Contains(page, text) {
			t.Errorf("the manual lacks %q", text)
		}
	}
}

// TestEveryExampleCanBeWritten reads the examples of the operations as the
// command line does.
func TestEveryExampleCanBeWritten(t *testing.T) {
	for _, op := range awsops.All() {
		info := op.Info()
		argv, err := serve.Split(exampleLine(info))
		if err != nil {
			t.Fatal(err)
		}
		p := &program{getenv: func(string) string { return "" }}
		c, rest, err := p.tree().Find(argv[1:])
		if err == nil {
			err = c.ParseFlags(rest)
		}
		if err == nil {
			err = c.ValidateArgs(c.Flags().Args())
		}
		if err != nil {
			t.Errorf("%q: %v", argv, err)
			continue
		}
		got := awsops.Values{}
		for _, f := range info.Fields {
			if v, ok := c.Flags().Lookup(f.Name).Value.(text); ok && len(*v.values) > 0 {
				got[f.Name] = *v.values
			}
		}
		if diff := cmp.Diff(info.Example, got); diff != "" {
			t.Errorf("%q: %s", argv, diff)
		}
		if err := op.Validate(got); err != nil {
			t.Errorf("%q: %v", argv, err)
		}
	}
}
