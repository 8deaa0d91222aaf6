package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"ec2deck/awsops"
	"ec2deck/views"
)

// shelf stands for the operator's configuration.
type shelf struct {
	all    []awsops.Values
	opened []awsops.Scope
	policy awsops.Policy
}

func (s *shelf) book() *views.Book {
	return &views.Book{
		Form: func() awsops.Operation { return awsops.ConnectionForm(nil) },
		List: func() ([]awsops.Values, error) { return s.all, nil },
		Write: func(was string, v awsops.Values) error {
			if v.Get("warning") == "full" {
				return errors.New("no space left on device")
			}
			s.all = slices.DeleteFunc(s.all, func(v awsops.Values) bool { return v.Get("name") == was })
			if v != nil {
				s.all = append(s.all, v)
				s.policy.Cautions = []awsops.Caution{{Connection: v.Get("name"), Profile: v.Get("profile"), Production: v.Get("production") == "true", Colour: v.Get("colour"), Warning: "PRODUCTION"}}
			}
			return nil
		},
		Way: func(v awsops.Values) (string, awsops.Connection, error) {
			return v.Get("profile"), awsops.Connection{Regions: v["regions"], Endpoint: v.Get("endpoint-url")}, nil
		},
		Use: func(name string) (string, error) {
			for _, v := range s.all {
				if v.Get("name") == name {
					return v.Get("profile"), nil
				}
			}
			return "", errors.New("there is none")
		},
		Begin: func(scopes []awsops.Scope) error { s.opened = scopes; return nil },
	}
}

func TestAConnectionIsMadeEditedOpenedAndRemoved(t *testing.T) {
	s := &shelf{}
	d := start(t, options{profiles: []string{"production"}, book: s.book(), held: func() awsops.Policy { return s.policy }})
	d.press(",")
	d.shows("+ a new connection")
	d.scope("new")
	d.shows("connection", "name (required)", "endpoint-url")
	d.press("ctrl+t")
	d.shows("! name is required")
	d.type_("li.v")
	d.press("enter")
	d.shows("lower-case letters")
	for range 4 {
		d.press("backspace")
	}
	d.type_("live")
	d.press("tab")
	d.type_("staging")
	d.press("tab", "tab")
	d.type_("https://me:hunter2@example.com")
	d.press("tab")
	d.shows("no name and password are kept")
	for range 30 {
		d.press("backspace")
	}
	d.press("tab", "tab", "right", "tab", "tab")
	d.type_("full")
	d.frame("connection")
	for range 5 {
		d.press("enter")
	}
	d.shows("no space left on device", "name (required)")
	for range 7 {
		d.press("tab")
	}
	for range 4 {
		d.press("backspace")
	}
	for range 5 {
		d.press("enter")
	}
	d.shows("written: the connection live", "connection live: staging production")
	d.scope("connection live")
	d.shows("opened the connection live", "staging: PRODUCTION", "2 profiles, 1 region", "Instances 144")
	d.press("ctrl+e")
	d.shows("live", "staging")
	d.press("tab", "tab")
	d.type_("us-east-1")
	d.press("ctrl+t")
	d.shows("Self-check", "credentials: profile staging", "answer of us-east-1", "permissions in us-east-1")
	d.hides("answer of ap-southeast-2")
	d.press("esc")
	d.shows("regions", "us-east-1")
	d.press("esc", "ctrl+t")
	d.shows("credentials: profile staging", "permissions in us-east-1: DescribeInstances")
	d.press("esc", "ctrl+r")
	d.shows("again removes the connection live")
	d.press("down", "ctrl+s")
	d.shows("opened by default")
	if len(s.opened) != 2 || len(s.all) != 1 {
		t.Errorf("%v %v", s.opened, s.all)
	}
	d.press("up", "ctrl+r", "ctrl+r")
	d.shows("removed the connection live")
	d.hides("connection live: staging")
	if len(s.all) != 0 || strings.Contains(d.screen(), "hunter2") {
		t.Errorf("%v", s.all)
	}
}

func TestASessionOverSSHChangesNoConnections(t *testing.T) {
	d := start(t, options{profiles: []string{"production"}, hosted: true})
	d.press(",", "ctrl+s")
	d.shows("is refused over SSH")
	d.hides("a new connection")
}
