package awsops_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

const stoppedID = "i-0aa00000000000002"

func resizing(id, to string, more ...string) awsops.Values {
	v := awsops.Values{"instance-id": {id}, "instance-type": {to}}
	if len(more) > 0 {
		v["start-again"] = more
	}
	return v
}

// flow runs a flow to its end and notes what it tells.
func (b *bench) flow(t *testing.T, name string, v awsops.Values) (res awsops.Result, told []string, err error) {
	t.Helper()
	r := b.request(t, name, v)
	if res, err = b.Run(t.Context(), r); err != nil {
		return res, nil, err
	}
	res, err = b.Follow(t.Context(), r, res, true, func(s string) { told = append(told, s) }, b.clock.sleep)
	return res, told, err
}

func TestAResizeStopsChangesAndStarts(t *testing.T) {
	b := newBench(t)
	for _, test := range []struct {
		name        string
		v           awsops.Values
		type_       string
		state       string
		told        string
		stop, start int
	}{
		{"running", resizing(webID, "m5.large"), "m5.large", "running", "resize-instance, step 1 of 3: stop-instances|resize-instance, step 2 of 3: modify-instance-attribute|resize-instance, step 3 of 3: start-instances", 1, 1},
		{"running, to stay stopped", resizing(webID, "c5.large", "no"), "c5.large", "stopped", "resize-instance, step 1 of 2: stop-instances|resize-instance, step 2 of 2: modify-instance-attribute", 1, 0},
		{"stopped", resizing(stoppedID, "m5.large"), "m5.large", "stopped", "resize-instance, step 1 of 1: modify-instance-attribute", 0, 0},
		{"stopped, to run", resizing(stoppedID, "t3.nano", "yes"), "t3.nano", "running", "resize-instance, step 1 of 2: modify-instance-attribute|resize-instance, step 2 of 2: start-instances", 0, 1},
	} {
		b.sim.ResetCalls()
		res, told, err := b.flow(t, "resize-instance", test.v)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		in, _ := b.sim.Instance("us-east-1", test.v.Get("instance-id"))
		if in.Type != test.type_ || in.State != test.state || strings.Join(told, "|") != test.told {
			t.Errorf("%s: %s %s, told %q", test.name, in.Type, in.State, told)
		}
		if b.count("StopInstances") != test.stop || b.count("StartInstances") != test.start {
			t.Errorf("%s: %d stops, %d starts", test.name, b.count("StopInstances"), b.count("StartInstances"))
		}
		if len(res.Failed()) > 0 || len(res.Then) == 0 || output(res, "instance-type") != test.type_ {
			t.Errorf("%s: %+v", test.name, res)
		}
	}
}

func TestWhatDoesNotFitStopsNothing(t *testing.T) {
	b := newBench(t)
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	b.sim.SetInstance("us-east-1", "i-0aa00000000000007", func(i *ec2sim.Instance) { i.NoENA = true })
	b.sim.SetInstance("us-east-1", "i-0aa00000000000008", func(i *ec2sim.Instance) { i.BootMode = "uefi" })
	b.sim.SetInstance("us-east-1", gravitonID, func(i *ec2sim.Instance) { i.BootMode = "uefi-preferred" })
	for _, test := range []struct{ id, to, says string }{
		{webID, "r6g.large", "its image is for x86_64, the type for arm64; it boots by legacy-bios, the type by uefi"},
		{webID, "t3.micro", "that is its type already"},
		{webID, "m1.small", "its image is hvm, the type takes paravirtual"},
		{"i-0aa00000000000004", "m5.large", "its root is an instance store, so it cannot be stopped"},
		{"i-0aa00000000000007", "m5.large", "the type requires ENA, which is off for this instance (attribute enaSupport)"},
		{"i-0aa00000000000008", "m4.large", "it boots by uefi, the type by legacy-bios"},
		{"i-0aa00000000000008", "m5.large", ""},
		{gravitonID, "g5.xlarge", "its image is for arm64, the type for x86_64; the type cannot be had in us-east-1c"},
		{gravitonID, "m7g.large", ""},
		{"i-0aa0000000000000b", "m5.large", "the instance is terminated"},
	} {
		r := b.request(t, "resize-instance", resizing(test.id, test.to))
		lines, err := r.Ahead(t.Context(), client)
		_, refused := b.Run(t.Context(), r)
		said := strings.Join(lines, "|")
		switch {
		case err != nil:
			t.Errorf("%s %s: %v", test.id, test.to, err)
		case test.says == "" && (refused != nil || !strings.HasPrefix(said, "type: now ")):
			t.Errorf("%s %s: %q %v", test.id, test.to, said, refused)
		case test.says != "" && (awsops.ExitCode(refused) != 2 || !strings.Contains(refused.Error(), test.says) || !strings.Contains(said, test.says)):
			t.Errorf("%s %s: %q\n%v", test.id, test.to, said, refused)
		}
	}
	for _, action := range []string{"StopInstances", "ModifyInstanceAttribute", "StartInstances"} {
		if b.count(action) > 0 {
			t.Errorf("%s was asked for", action)
		}
	}
}

func TestWhatToBewareOfWhenResizing(t *testing.T) {
	b := newBench(t)
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	b.sim.SetInstance("us-east-1", webID, func(i *ec2sim.Instance) { i.Type = "c3.large" })
	lines, err := b.request(t, "resize-instance", resizing(webID, "m5.large")).Ahead(t.Context(), client)
	want := []string{
		"type: now c3.large (2 vCPUs, 7.5 GiB), then m5.large (2 vCPUs, 8 GiB)", "Steps: stop, change the type, start. It runs again.",
		"Volumes become NVMe devices: the image needs the driver, and names such as /dev/xvdf change inside.", "Its instance store of 8 GB is lost.",
	}
	if err != nil || !slices.Equal(lines, want) {
		t.Errorf("%q %v", lines, err)
	}
	lines, _ = b.request(t, "resize-instance", resizing("i-0aa0000000000000a", "c5d.large", "no")).Ahead(t.Context(), client)
	if !slices.Contains(lines, "The new type cannot hibernate.") || !slices.Contains(lines, "Steps: stop, change the type. It stays stopped.") {
		t.Errorf("%q", lines)
	}
}

func TestAResizeThatBreaksSaysHowThingsStay(t *testing.T) {
	const kept, half = webID + " has not been resized: it is still t3.micro.", webID + " has not been resized: it keeps its type t3.micro, and stays stopped"
	for _, test := range []struct {
		name  string
		fault ec2sim.Fault
		code  string
		exit  int
		says  string
		never string
	}{
		{"it is protected", ec2sim.Fault{Action: "StopInstances", Code: "OperationNotPermitted", Message: "no", Status: 400}, "OperationNotPermitted", 1, kept, "ModifyInstanceAttribute"},
		{"EC2 does not like the type", ec2sim.Fault{Action: "ModifyInstanceAttribute", Code: "InvalidInstanceAttributeValue", Message: "no", Status: 400}, "InvalidInstanceAttributeValue", 1, half, "StartInstances"},
		{"there is no room", ec2sim.Fault{Action: "StartInstances", Code: "InsufficientInstanceCapacity", Message: "no", Status: 500, Times: 9}, "InsufficientInstanceCapacity", 1, webID + " stays stopped, with its new type m5.large.", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.sim.Inject(test.fault)
				_, _, err := b.flow(t, "resize-instance", resizing(webID, "m5.large"))
				expectError(t, err, test.code, test.exit, test.says)
				if test.never != "" && b.count(test.never) > 0 {
					t.Errorf("%s was asked for", test.never)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) { // a change without an answer: nobody knows how things stay
		b := newBench(t)
		b.sim.Inject(ec2sim.Fault{Action: "ModifyInstanceAttribute", TakesEffect: true, Cut: true, CutAfter: 20})
		_, _, err := b.flow(t, "resize-instance", resizing(webID, "m5.large"))
		if awsops.ExitCode(err) != 8 || strings.Contains(err.Error(), "has not been resized") {
			t.Errorf("exit %d: %v", awsops.ExitCode(err), err)
		}
	})
}

// TestAFlowEndsWhenATargetDoesNotArrive lets the instance come back to life
// while it is stopping, and then stop for ever.
func TestAFlowEndsWhenATargetDoesNotArrive(t *testing.T) {
	b := newBench(t)
	b.sim.SetInstance("us-east-1", webID, func(i *ec2sim.Instance) { i.Stuck = true })
	r := b.request(t, "resize-instance", resizing(webID, "m5.large"))
	begun, err := b.Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	const half = webID + " has not been resized: it keeps its type t3.micro, and stays stopped"
	looks := 0
	res, err := b.Follow(t.Context(), r, begun, true, func(string) {}, func(ctx context.Context, d time.Duration) error {
		if looks++; looks == 2 {
			b.sim.SetInstance("us-east-1", webID, func(i *ec2sim.Instance) { i.State = ec2sim.Running })
		}
		return b.clock.sleep(ctx, d)
	})
	if failed := res.Failed(); err != nil || len(failed) != 1 || !strings.Contains(failed[0].Err.Error(), half) {
		t.Errorf("%v %v", failed, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = b.Follow(ctx, r, begun, true, func(string) {}, func(ctx context.Context, d time.Duration) error {
		cancel()
		return ctx.Err()
	})
	if awsops.ExitCode(err) != 6 || !strings.Contains(err.Error(), half) || b.count("ModifyInstanceAttribute") > 0 {
		t.Errorf("exit %d: %v", awsops.ExitCode(err), err)
	}
}

func TestRulesOfAResize(t *testing.T) {
	checkRules(t, []ruleCase{
		{"resize-instance", awsops.Values{"instance-type": {"t3.micro"}}, "--instance-id is required: the instance"},
		{"resize-instance", resizing("web-1", "t3.micro"), `--instance-id "web-1": write i- and 8 or 17 hex digits`},
		{"resize-instance", awsops.Values{"instance-id": {webID}}, "--instance-type is required: its new type"},
		{"resize-instance", resizing(webID, "t3"), `--instance-type "t3": write a type such as t3.micro`},
		{"resize-instance", resizing(webID, "t3.nano", "true"), `--start-again "true": choose one of yes, no`},
	})
}

func TestAdviceOnResizing(t *testing.T) {
	for _, test := range []struct{ id, to, code, says string }{
		{webID, "z9.huge", "InvalidInstanceType", "There is no such type in this region"},
		{"i-0aaffffffffffffff", "m5.large", "InvalidInstanceID.NotFound", "Not in region us-east-1"},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			_, err := b.Run(t.Context(), b.request(t, "resize-instance", resizing(test.id, test.to)))
			expectError(t, err, test.code, 1, test.says)
		})
	}
}

func TestAResizeRunsDry(t *testing.T) {
	b := newBench(t)
	for _, id := range []string{webID, stoppedID} {
		r := b.request(t, "resize-instance", resizing(id, "m5.large"))
		r.DryRun = true
		if res, err := b.Run(t.Context(), r); err != nil || !strings.HasPrefix(res.Message, "permitted") || len(res.Then) > 0 {
			t.Errorf("%s: %q %v", id, res.Message, err)
		}
		if in, _ := b.sim.Instance("us-east-1", id); in.Type != "t3.micro" {
			t.Errorf("%s was changed", id)
		}
	}
}

func TestTypesThatAnInstanceCanHave(t *testing.T) {
	b := newBench(t)
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	op, _ := awsops.Find("resize-instance")
	field, _ := op.Info().Field("instance-type")
	where, err := field.Pick.Where(t.Context(), client, awsops.Values{"instance-id": {gravitonID}})
	if want := "architecture:arm64 virtualization:hvm zones:us-east-1c"; err != nil || where != want || field.Pick.Kind != "instance-types" {
		t.Errorf("%q %v, want %q", where, err, want)
	}
}

func TestUserDataAsACommand(t *testing.T) {
	op, _ := awsops.Find("modify-instance-attribute")
	line, err := awsops.CommandLine(t.Context(), nil, op, awsops.Values{"instance-id": {webID}, "attribute": {"userData"}, "value": {"secret"}}, awsops.Scope{Region: "us-east-1"}, "")
	if want := "aws ec2 modify-instance-attribute --instance-id " + webID + ` --attribute userData --value "$(base64 < value | tr -d '\n')" --region us-east-1`; err != nil || line != want {
		t.Errorf("%v\n%s\n%s", err, line, want)
	}
}

func TestAFlowAsACommand(t *testing.T) {
	b := newBench(t)
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	op, _ := awsops.Find("resize-instance")
	line, err := awsops.CommandLine(t.Context(), client, op, resizing(webID, "m5.large"), b.scope, "")
	const here = " --profile test --region us-east-1"
	want := strings.Join([]string{
		"aws ec2 stop-instances --instance-ids " + webID + here, "aws ec2 wait instance-stopped --instance-ids " + webID + here,
		"aws ec2 modify-instance-attribute --instance-id " + webID + ` --instance-type '{"Value":"m5.large"}'` + here, "aws ec2 start-instances --instance-ids " + webID + here,
	}, " && ")
	if err != nil || line != want || b.count("StopInstances") > 0 {
		t.Errorf("%v\n%s\n%s", err, line, want)
	}
}
