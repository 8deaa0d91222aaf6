package awsops_test

import (
	"errors"
	"testing"
	"time"

	"ec2deck/awsops"

	"github.com/google/go-cmp/cmp"
)

func TestInstanceTypesAreKeptForADay(t *testing.T) {
	b := newBench(t)
	kept := map[string][]byte{}
	disk := &awsops.Disk{
		Now: b.clock.Now,
		Load: func(name string) ([]byte, error) {
			if kept[name] == nil {
				return nil, errors.New("there is none")
			}
			return kept[name], nil
		},
		Save: func(name string, content []byte) error { kept[name] = content; return nil },
	}
	list := func(accept awsops.Accept) []*awsops.TypeInfo {
		t.Helper()
		client, err := b.Client(b.scope)
		if err != nil {
			t.Fatal(err)
		}
		var last []*awsops.TypeInfo
		for page, err := range awsops.InstanceTypes(accept.In(t.Context()), client) {
			if err != nil {
				t.Fatal(err)
			}
			last = page
		}
		return last
	}
	day := awsops.Accept{Age: 24 * time.Hour, Disk: disk, Began: &awsops.Began{}}
	asked := b.clock.Now()
	first := list(day)
	if len(first) == 0 || len(first[0].Zones) == 0 || len(kept) != 1 {
		t.Fatal(len(first), len(kept))
	}
	steps := []struct {
		what   string
		asks   bool
		accept awsops.Accept
		before func()
	}{
		{"the same day", false, day, func() { b.clock.now = b.clock.now.Add(23 * time.Hour) }},
		{"a refresh", true, awsops.Accept{Age: day.Age, Disk: disk, Since: asked.Add(23 * time.Hour)}, nil},
		{"after the refresh", false, day, func() { b.clock.now = b.clock.now.Add(23 * time.Hour) }},
		{"the next day", true, day, func() { b.clock.now = b.clock.now.Add(time.Hour) }},
		{"a clock that went back", true, day, func() { b.clock.now = asked }},
		{"a corrupted file", true, day, func() {
			for name, text := range kept {
				kept[name] = text[:len(text)/2]
			}
		}},
		{"another file", true, day, func() {
			for name := range kept {
				kept[name] = []byte(`{"At":"` + asked.Format(time.RFC3339) + `","Types":[null]}`)
			}
		}},
		{"no disk", true, awsops.Accept{Age: day.Age}, nil},
	}
	for _, s := range steps {
		if s.before != nil {
			s.before()
		}
		b.sim.ResetCalls()
		got := list(s.accept)
		if n := b.count("DescribeInstanceTypes"); (n > 0) != s.asks {
			t.Errorf("%s: EC2 was asked %d times", s.what, n)
		}
		if diff := cmp.Diff(len(first), len(got)); diff != "" || got[0].InstanceType != first[0].InstanceType || len(got[0].Zones) != len(first[0].Zones) || got[0].Network() != first[0].Network() {
			t.Errorf("%s: %s", s.what, diff)
		}
	}
	b.clock.now = asked.Add(5 * time.Hour)
	day.Began.Take()
	list(day)
	if at := day.Began.Take(); !at.Equal(asked) {
		t.Errorf("the rows are as of %s, want %s", at, asked)
	}
}
