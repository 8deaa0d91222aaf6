package awsops_test

import (
	"net/http"
	"slices"
	"testing"

	"ec2deck/awsops"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// hosts notes where requests go.
type hosts struct {
	to   aws.HTTPClient
	sent []string
}

func (h *hosts) Do(r *http.Request) (*http.Response, error) {
	h.sent = append(h.sent, r.URL.Host)
	return h.to.Do(r)
}

// TestAnotherWayCountsAtOnce changes the address of an open profile, and tries
// one that is not taken.
func TestAnotherWayCountsAtOnce(t *testing.T) {
	var way awsops.Connection
	h := &hosts{}
	b := newBench(t, func(s *awsops.Settings) {
		h.to, s.HTTPClient = s.HTTPClient, h
		s.Connections = func(string) awsops.Connection { return way }
	})
	asks := func(s *awsops.Session) []string {
		t.Helper()
		client, err := s.Client(b.scope)
		if err != nil {
			t.Fatal(err)
		}
		h.sent = nil
		if _, err := client.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{}); err != nil {
			t.Fatal(err)
		}
		return slices.Compact(h.sent)
	}
	own, other := []string{"ec2.us-east-1.amazonaws.com"}, []string{"127.0.0.1:4599"}
	way.Endpoint = "http://127.0.0.1:4599"
	if got := asks(b.Session); !slices.Equal(got, own) {
		t.Errorf("before: %v", got)
	}
	trial := b.Trial("test", awsops.Connection{Regions: []string{"us-east-1"}, Endpoint: way.Endpoint})
	if _, err := trial.Open(t.Context(), trial.Profiles()[0]); err != nil {
		t.Fatal(err)
	}
	if got := asks(trial); !slices.Equal(got, other) {
		t.Errorf("on trial: %v", got)
	}
	if got := asks(b.Session); !slices.Equal(got, own) {
		t.Errorf("after a trial: %v", got)
	}
	if err := b.Reconnect(t.Context(), "test"); err != nil {
		t.Fatal(err)
	}
	if got := asks(b.Session); !slices.Equal(got, other) {
		t.Errorf("connected anew: %v", got)
	}
	if got := b.Scopes(); !slices.Equal(got, []awsops.Scope{b.scope}) {
		t.Errorf("the scopes are %v", got)
	}
}

func TestTheProfileOfTheDefaultChain(t *testing.T) {
	role := awsops.Fixed(awsops.Policy{Role: "ops", Profiles: []string{"default", "prod"}})
	for name, test := range map[string]struct {
		settings awsops.Settings
		want     []string
	}{
		"none":             {awsops.Settings{}, []string{""}},
		"by name":          {awsops.Settings{Chain: "prod"}, []string{"prod"}},
		"others are named": {awsops.Settings{Chain: "prod", Profiles: []string{"dev"}}, []string{"dev"}},
		"of a role":        {awsops.Settings{Policy: role}, []string{"", "prod"}},
		"apart in a role":  {awsops.Settings{Policy: role, Chain: "prod"}, []string{"default", "prod"}},
	} {
		if got := awsops.NewSession(test.settings).Profiles(); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
