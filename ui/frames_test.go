package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"

	"ec2deck/awsops/ec2sim"
)

// size is a terminal's.
type size struct{ width, height int }

func (s size) String() string { return fmt.Sprintf("%dx%d", s.width, s.height) }

var (
	least  = size{80, 24}
	usual  = size{120, 40}
	wide   = size{160, 50}
	widest = size{200, 50}
	tiny   = size{40, 12}
)

func (d *driver) resize(s size) {
	d.send(tea.WindowSizeMsg{Width: s.width, Height: s.height})
	d.settle()
}

// scene is a screen that is kept as golden files, one for each size.
type scene struct {
	name  string
	sizes []size
	with  func() options
	play  func(*driver)
}

// everywhere is what the terminals of operators are.
func everywhere() []size { return []size{least, usual, wide, widest, tiny} }

func TestFrames(t *testing.T) {
	for _, list := range [][]scene{tableScenes(), detailScenes(), questionScenes(), formScenes(), textScenes(), scopeScenes(), trouble()} {
		for _, s := range list {
			for _, size := range s.sizes {
				t.Run(s.name+"-"+size.String(), func(t *testing.T) {
					o := small()
					if s.with != nil {
						o = s.with()
					}
					o.width, o.height = size.width, size.height
					d := newDriver(t, o)
					s.play(d)
					d.frame(s.name + "-" + size.String())
				})
			}
		}
	}
}

// settled plays keys once the first listing is in.
func settled(keys ...string) func(*driver) {
	return func(d *driver) {
		d.settle()
		d.press(keys...)
	}
}

func tableScenes() []scene {
	return []scene{
		{"instances", everywhere(), nil, settled()},
		{"filter-typed", []size{least, usual}, nil, func(d *driver) {
			d.settle()
			d.press("/")
			d.type_("state:run tag:Env=test -spot")
		}},
		{"filter-kept", []size{least}, nil, func(d *driver) { d.settle(); d.on("web-1") }},
		{"filter-without-a-match", []size{least}, nil, func(d *driver) { d.settle(); d.on("nothing-like-it") }},
		{"marks", []size{least, usual}, nil, settled(" ", "j", " ", "j", "j", "v")},
		{"sorted-by-state", []size{least, usual}, nil, settled("o", "o", "O")},
		{"columns", []size{least, usual}, nil, settled("c", "j", "j", "j", "j", " ", "j")},
		{"columns-changed", []size{usual, widest}, nil, settled("c", "j", "j", "j", "j", " ", "j", " ", "j", "j", "j", "j", "j", "j", "j", "j", " ", "esc")},
		{"changed-row", []size{least, usual}, nil, func(d *driver) {
			d.settle()
			d.pass(5 * time.Second)
			d.sim.SetInstance("us-east-1", web, func(i *ec2sim.Instance) { i.Type = "t3.large" })
			d.pass(12 * time.Second)
		}},
		{"asked", []size{least, usual}, nil, func(d *driver) { d.settle(); d.press("G"); d.keys("S", "y") }},
		{"settling", []size{least, usual}, nil, func(d *driver) { d.settle(); d.press("G", "S", "y") }},
		{"refused-key", []size{least}, nil, func(d *driver) { d.settle(); d.on("stopped-1").press("S") }},
		{"ten-thousand", []size{usual}, func() options { return options{instances: 10_000} }, settled("G")},
	}
}

func detailScenes() []scene {
	both := []size{least, usual, wide, widest}
	return []scene{
		{"detail", both, nil, func(d *driver) { d.settle(); d.on("event-1").press("enter") }},
		{"detail-scrolled", []size{least, usual, wide}, nil, func(d *driver) {
			d.settle()
			d.on("web-1").press("enter")
			d.press("tab", "pgdown", "j")
		}},
		{"detail-end", []size{least, wide}, nil, func(d *driver) { d.settle(); d.on("protected-1").press("enter"); d.press("tab", "G") }},
		{"detail-yaml", []size{least, usual, wide}, nil, func(d *driver) { d.settle(); d.on("web-1").press("Y") }},
		{"detail-refused", []size{usual}, nil, func(d *driver) {
			d.settle()
			d.sim.Inject(ec2sim.Fault{Action: "DescribeInstances", Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation.", Status: 403})
			d.press("enter")
		}},
	}
}

func questionScenes() []scene {
	both := []size{least, usual}
	return []scene{
		{"ask-start", both, nil, func(d *driver) { d.settle(); d.on("stopped-1").press("s") }},
		{"ask-force", both, nil, func(d *driver) { d.settle(); d.on("web-1").press("F") }},
		{"ask-force-again", both, nil, func(d *driver) { d.settle(); d.on("web-1").press("F", "y") }},
		{"ask-terminate", []size{least, usual, tiny}, nil, func(d *driver) { d.settle(); d.on("web-1").press("t") }},
		{"ask-terminate-wrong", []size{least}, nil, func(d *driver) { d.settle(); d.on("web-1").press("t", "n", "o", "enter") }},
		{"ask-terminate-many", []size{least, usual, wide}, nil, settled("*", "t")},
		{"ask-start-many", []size{least}, nil, settled("*", "s")},
	}
}

func formScenes() []scene {
	both := []size{least, usual}
	open := func(name string, keys ...string) func(*driver) {
		return func(d *driver) {
			d.settle()
			d.on("web-1").press(":")
			d.type_(name)
			d.press("enter")
			d.press(keys...)
		}
	}
	return []scene{
		{"form-stop", both, nil, open("stop-instances")},
		{"form-stop-last", []size{least}, nil, open("stop-instances", "enter")},
		{"form-wrong", []size{least}, nil, open("stop-instances", "shift+tab", "x", "enter")},
		{"form-describe", []size{least, usual, wide}, nil, open("describe-instances")},
		{"palette", both, nil, settled(":")},
		{"palette-typed", []size{least}, nil, settled(":", "s", "t", "o", "p")},
		{"palette-unknown", []size{least}, nil, settled(":", "z", "z", "z")},
	}
}

func textScenes() []scene {
	both := []size{least, usual}
	return []scene{
		{"help", both, nil, settled("?")},
		{"help-end", []size{least}, nil, settled("?", "G")},
		{"messages-none", []size{least}, nil, settled("e")},
		{"messages", both, nil, func(d *driver) {
			d.settle()
			d.on("web-1").press(" ")
			d.on("protected-1").press(" ", "S", "y")
			d.press("e")
		}},
		{"console", both, nil, func(d *driver) { d.settle(); d.on("web-1").press("l") }},
		{"console-hostile", []size{least}, nil, func(d *driver) { d.settle(); d.on("hostile-1").press("l") }},
		{"state-now", []size{least}, nil, func(d *driver) { d.settle(); d.on("web-1").press("i") }},
		{"fields", both, nil, func(d *driver) { d.settle(); d.on("web-1").press("I") }},
		{"regions", both, nil, settled(number("regions"))},
		{"regions-detail", []size{usual}, nil, settled(number("regions"), "enter")},
		{"zones", both, nil, settled(":", "z", "o", "n", "e", "s", "enter")},
	}
}

func scopeScenes() []scene {
	all := func() options { return options{profiles: []string{"production", "staging"}, regions: []string{"all"}} }
	return []scene{
		{"scopes", everywhere(), all, settled()},
		{"scopes-ask", []size{usual}, all, settled(" ", "G", " ", "S")},
		{"scopes-one-failed", []size{least, usual}, all, func(d *driver) {
			d.sim.Inject(ec2sim.Fault{Action: "DescribeInstances", Region: "eu-west-1", Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation.", Status: 403})
			d.settle()
		}},
		{"empty-region", []size{least, usual}, func() options { o := small(); o.regions = []string{"eu-west-1"}; return o }, func(d *driver) {
			d.sim.RemoveInstance("eu-west-1", "i-0aa00000000000021")
			d.sim.RemoveInstance("eu-west-1", "i-0aa00000000000022")
			d.settle()
		}},
	}
}

func trouble() []scene {
	both := []size{least, usual}
	expired := func() options {
		o := small()
		o.profiles, o.keys = []string{"test"}, map[string]aws.CredentialsProvider{"test": &signIn{}}
		return o
	}
	return []scene{
		{"connecting", []size{least}, nil, func(*driver) {}},
		{"loading", both, nil, func(d *driver) {
			for len(d.model.env.Session.Scopes()) == 0 {
				d.step()
			}
		}},
		{"no-credentials", []size{least, usual, tiny}, expired, settled()},
		{"old-rows", both, nil, func(d *driver) {
			d.settle()
			d.pass(14 * time.Second)
			d.sim.Inject(ec2sim.Fault{Action: "DescribeInstances", Raw: &ec2sim.RawAnswer{Status: 403, ContentType: "text/html", Body: "<html><head><title>Sign in to the guest network</title></head><body>Accept the terms to go on</body></html>"}})
			d.pass(31 * time.Second)
		}},
		{"nothing-read", []size{least}, nil, func(d *driver) {
			d.sim.Inject(ec2sim.Fault{Action: "DescribeInstances", Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/ops is not authorized to perform: ec2:DescribeInstances because no identity-based policy allows the ec2:DescribeInstances action", Status: 403})
			d.settle()
		}},
		{"refused-change", both, nil, func(d *driver) { d.settle(); d.on("protected-1").press("S", "y") }},
	}
}

// signIn is credentials that have expired until the operator signs in again.
type signIn struct{ again, expires bool }

func (s *signIn) Retrieve(context.Context) (aws.Credentials, error) {
	if !s.again {
		return aws.Credentials{}, errors.New("get identity: get credentials: failed to refresh cached credentials, the SSO session has expired or is invalid")
	}
	return aws.Credentials{AccessKeyID: "AKIASIMULATORTEST001", SecretAccessKey: "test/secret/key/not/real/0000000000000001", CanExpire: s.expires}, nil
}

func TestColoursAreTheSessionsOwn(t *testing.T) {
	o := small()
	o.colours = termenv.ANSI256
	d := start(t, o)
	d.press(" ", "j")
	golden(t, "coloured", strings.ReplaceAll(d.model.View(), "\x1b", "␛")+"\n")
	if plain := start(t, small()); strings.Contains(plain.model.View(), "\x1b") {
		t.Error("a terminal without colours gets escape codes")
	}
}

// golden compares a text with a file in testdata/frames.
func golden(t testing.TB, name, got string) {
	t.Helper()
	path := filepath.Join("..", "testdata", "frames", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("frame %s (-want +got):\n%s", name, diff)
	}
}
