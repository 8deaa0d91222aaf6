//go:build external

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pair is Debian's awscli and ec2deck on two simulators that began alike: a
// client that others wrote does not agree with our own mistakes.
type pair struct {
	t         *testing.T
	aws, deck string // addresses
	program   string // the built ec2deck
	// theirProgram is Debian's awscli if it is installed, else the first of the PATH.
	theirProgram string
	env          []string // keys of the first account
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{t: t, program: filepath.Join(t.TempDir(), "ec2deck"), theirProgram: "/usr/bin/aws"}
	if _, err := os.Stat(p.theirProgram); err != nil {
		if p.theirProgram, err = exec.LookPath("aws"); err != nil {
			t.Fatal("install awscli: ", err)
		}
	}
	if out, err := exec.Command("go", "build", "-o", p.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	fleet := []string{"--fleet", "../../testdata/fleets/small.json"}
	var lines []string
	p.aws, lines = p.sim(fleet...)
	p.deck, _ = p.sim(fleet...)
	keys := export.FindStringSubmatch(lines[3])
	p.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ACCESS_KEY_ID=" + keys[1], "AWS_SECRET_ACCESS_KEY=" + keys[2], "AWS_REGION=" + keys[3], "AWS_DEFAULT_REGION=" + keys[3]}
	return p
}

// sim starts the built program as a simulator.
func (p *pair) sim(args ...string) (string, []string) {
	p.t.Helper()
	c := exec.Command(p.program, append([]string{"sim", "--listen", "127.0.0.1:0"}, args...)...)
	out, err := c.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		if err := c.Wait(); err != nil {
			p.t.Errorf("sim: %v", err)
		}
	})
	var text []byte
	buf := make([]byte, 4096)
	for !bytes.Contains(text, []byte("ec2deck --endpoint-url")) {
		n, err := out.Read(buf)
		if err != nil {
			p.t.Fatalf("sim: %v after %q", err, text)
		}
		text = append(text, buf[:n]...)
	}
	lines := strings.Split(string(text), "\n")
	return strings.TrimPrefix(lines[0], "listening on "), lines
}

// run starts a program and returns its output, its errors and its exit code.
func (p *pair) run(name string, args ...string) (string, string, int) {
	p.t.Helper()
	c := exec.Command(name, args...)
	var out, errs bytes.Buffer
	c.Env, c.Stdout, c.Stderr = p.env, &out, &errs
	if err := c.Run(); err != nil {
		if _, exited := err.(*exec.ExitError); !exited {
			p.t.Fatal(err)
		}
	}
	return out.String(), errs.String(), c.ProcessState.ExitCode()
}

func (p *pair) theirs(args ...string) (string, string, int) {
	p.t.Helper()
	return p.run(p.theirProgram, append([]string{"--endpoint-url", p.aws, "--output", "json", "ec2"}, args...)...)
}

func (p *pair) ours(args ...string) (string, string, int) {
	p.t.Helper()
	return p.run(p.program, append([]string{"--endpoint-url", p.deck, "run"}, append(args, "--output", "json")...)...)
}

// instances compares what both know about the instances. The fleet is alive:
// a transition between the two calls is no difference, so it asks again.
func (p *pair) instances(theirs, ours []string) {
	p.t.Helper()
	diff := p.difference(theirs, ours)
	for again := 0; diff != "" && again < 5; again++ {
		diff = p.difference(theirs, ours)
	}
	if diff != "" {
		p.t.Errorf("%v (-aws +ec2deck):\n%s", theirs, diff)
	}
}

// difference describes the instances with both, one line for each.
func (p *pair) difference(theirs, ours []string) string {
	p.t.Helper()
	text, errs, code := p.theirs(append([]string{"describe-instances"}, theirs...)...)
	if code != 0 {
		p.t.Fatalf("aws: exit %d %s", code, errs)
	}
	var a struct {
		Reservations []struct {
			ReservationId, OwnerId string
			Instances              []struct {
				InstanceId, ImageId, InstanceType, KeyName, PublicDnsName, PublicIpAddress, PrivateIpAddress string
				VpcId, SubnetId, Architecture, RootDeviceName, RootDeviceType                                string
				State                                                                                        struct{ Name string }
				Placement                                                                                    struct{ AvailabilityZone string }
				Monitoring                                                                                   struct{ State string }
			}
		}
	}
	p.decode(text, &a)
	var want []string
	for _, r := range a.Reservations {
		for _, i := range r.Instances {
			want = append(want, strings.Join([]string{i.InstanceId, i.ImageId, i.InstanceType, i.State.Name, i.KeyName, i.PublicDnsName, i.PublicIpAddress, i.PrivateIpAddress, i.VpcId, i.SubnetId, i.Architecture, i.RootDeviceName, i.RootDeviceType, i.Placement.AvailabilityZone, i.Monitoring.State, r.ReservationId, r.OwnerId}, "|"))
		}
	}
	text, errs, code = p.ours(append([]string{"describe-instances"}, ours...)...)
	if code != 0 {
		p.t.Fatalf("ec2deck: exit %d %s", code, errs)
	}
	var d struct{ Rows []map[string]any }
	p.decode(text, &d)
	var got []string
	for _, row := range d.Rows {
		var cells []string
		for _, name := range []string{"instance-id", "image-id", "instance-type", "instance-state-name", "key-name", "public-dnsname", "public-ip", "private-ip", "vpc-id", "subnet-id", "architecture", "root-device-name", "root-device-type", "availability-zone", "monitoring", "reservation-id", "owner-id"} {
			cell, _ := row[name].(string)
			cells = append(cells, cell)
		}
		got = append(got, strings.Join(cells, "|"))
	}
	slices.Sort(want)
	slices.Sort(got)
	if len(got) == 0 {
		p.t.Error("nothing was compared")
	}
	return cmp.Diff(want, got)
}

func (p *pair) decode(text string, into any) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		p.t.Fatalf("%v in %q", err, text)
	}
}

// changes compares what a change answers for each instance.
func (p *pair) changes(name, member string, args ...string) {
	p.t.Helper()
	text, errs, code := p.theirs(append([]string{name, "--instance-ids"}, args...)...)
	if code != 0 {
		p.t.Fatalf("aws %s: exit %d %s", name, code, errs)
	}
	type state struct {
		Name string
		Code int
	}
	var a map[string][]struct {
		InstanceId                  string
		CurrentState, PreviousState state
	}
	p.decode(text, &a)
	text, errs, code = p.ours(name, "--instance-ids", strings.Join(args, ","), "--confirm", phrase(name, args))
	if code != 0 {
		p.t.Fatalf("ec2deck %s: exit %d %s", name, code, errs)
	}
	var d struct {
		Rows []struct {
			ID           string `json:"instance-id"`
			Current      string `json:"current-state"`
			CurrentCode  int    `json:"current-state-code"`
			Previous     string `json:"previous-state"`
			PreviousCode int    `json:"previous-state-code"`
		}
	}
	p.decode(text, &d)
	if len(a[member]) != len(args) || len(d.Rows) != len(args) {
		p.t.Fatalf("%s: aws %v, ec2deck %v", name, a, d.Rows)
	}
	for i, c := range a[member] {
		r := d.Rows[i]
		if r.ID != c.InstanceId || r.Current != c.CurrentState.Name || r.CurrentCode != c.CurrentState.Code || r.Previous != c.PreviousState.Name || r.PreviousCode != c.PreviousState.Code {
			p.t.Errorf("%s: aws %+v, ec2deck %+v", name, c, r)
		}
	}
}

func phrase(name string, ids []string) string {
	if len(ids) == 1 {
		return ids[0]
	}
	verb, _, _ := strings.Cut(name, "-")
	return verb + " " + string(rune('0'+len(ids)))
}

var theirError = regexp.MustCompile(`An error occurred \((\S+)\) when calling the (\S+) operation: (.*)`)

// refused compares code and text of a refusal.
func (p *pair) refused(code string, theirs, ours []string) {
	p.t.Helper()
	_, errs, exit := p.theirs(theirs...)
	found := theirError.FindStringSubmatch(errs)
	if found == nil || exit == 0 {
		p.t.Fatalf("aws %v: exit %d %q", theirs, exit, errs)
	}
	text, errs, exit := p.ours(ours...)
	var d struct {
		Errors []struct{ Code, Message string }
	}
	p.decode(text, &d)
	if exit != 1 || len(d.Errors) != 1 {
		p.t.Fatalf("ec2deck %v: exit %d %s %s", ours, exit, text, errs)
	}
	if found[1] != code || d.Errors[0].Code != code {
		p.t.Errorf("%v: aws says %s, ec2deck %s, want %s", ours, found[1], d.Errors[0].Code, code)
	}
	if found[3] != d.Errors[0].Message {
		p.t.Errorf("%v: aws says %q, ec2deck %q", ours, found[3], d.Errors[0].Message)
	}
}

func TestAgreesWithAwscli(t *testing.T) {
	const one, stopped, protected, nobody = "i-0aa00000000000001", "i-0aa00000000000002", "i-0aa00000000000003", "i-0aaffffffffffffff"
	p := newPair(t)
	p.instances(nil, nil)
	p.instances([]string{"--page-size", "5"}, []string{"--page-size", "5"})
	p.instances([]string{"--instance-ids", one, stopped}, []string{"--instance-ids", one + "," + stopped})
	p.instances([]string{"--filters", "Name=instance-state-name,Values=running,stopped", "Name=tag:Env,Values=t*t"},
		[]string{"--filters", "instance-state-name=running", "--filters", "instance-state-name=stopped", "--filters", "tag:Env=t*t"})
	p.instances([]string{"--filters", "Name=instance-type,Values=m5.*", "--page-size", "5"}, []string{"--filters", "instance-type=m5.*", "--page-size", "5"})

	p.refused("InvalidInstanceID.NotFound", []string{"stop-instances", "--instance-ids", nobody}, []string{"stop-instances", "--instance-ids", nobody, "--yes"})
	p.refused("InvalidInstanceID.NotFound", []string{"describe-instances", "--instance-ids", nobody}, []string{"get-instance-details", "--instance-id", nobody})
	p.refused("OperationNotPermitted", []string{"terminate-instances", "--instance-ids", protected}, []string{"terminate-instances", "--instance-ids", protected, "--confirm", protected})
	p.refused("IncorrectState", []string{"reboot-instances", "--instance-ids", stopped}, []string{"reboot-instances", "--instance-ids", stopped, "--yes"})
	p.refused("InvalidParameterValue", []string{"describe-instances", "--filters", "Name=colour,Values=red"}, []string{"describe-instances", "--filters", "colour=red"})

	_, errs, _ := p.theirs("stop-instances", "--instance-ids", one, "--dry-run")
	text, _, code := p.ours("stop-instances", "--instance-ids", one, "--dry-run")
	if !strings.Contains(errs, "(DryRunOperation)") || code != 0 || !strings.Contains(text, "permitted") {
		t.Errorf("dry run: aws %q, ec2deck exit %d %s", errs, code, text)
	}
	p.instances([]string{"--instance-ids", one}, []string{"--instance-ids", one})

	p.changes("stop-instances", "StoppingInstances", one)
	p.changes("start-instances", "StartingInstances", stopped)
	p.changes("terminate-instances", "TerminatingInstances", "i-0aa00000000000006", "i-0aa00000000000007")
	p.instances([]string{"--filters", "Name=instance-id,Values=i-0aa00000000000007"}, []string{"--filters", "instance-id=i-0aa00000000000007"})
}
