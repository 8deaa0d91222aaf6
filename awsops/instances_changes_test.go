package awsops_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

const (
	twoID, spotID, storeID, protectedID = "i-0aa00000000000009", "i-0aa00000000000005", "i-0aa00000000000004", "i-0aa00000000000003"
)

// ahead is what the confirmation of an operation finds out, line by line.
func (b *bench) ahead(t *testing.T, name string, v awsops.Values) string {
	t.Helper()
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := b.request(t, name, v).Ahead(t.Context(), client)
	if err != nil {
		return err.Error()
	}
	return strings.Join(lines, "|")
}

func protecting(id, from string) awsops.Values {
	return awsops.Values{"instance-id": {id}, "from": {from}}
}

func TestProtectionIsTurnedOnAndOff(t *testing.T) {
	b := newBench(t)
	flags := func() string {
		in, _ := b.sim.Instance("us-east-1", webID)
		return fmt.Sprint(in.DisableAPITermination, in.DisableAPIStop)
	}
	for _, step := range []struct{ op, from, ahead, then string }{
		{"protect-instance", "termination", webID + ": termination protection is off now, then on", "true false"},
		{"protect-instance", "termination", webID + ": termination protection is on already", "true false"},
		{"protect-instance", "stop", webID + ": stop protection is off now, then on", "true true"},
		{"unprotect-instance", "termination", webID + ": termination protection is on now, then off", "false true"},
		{"unprotect-instance", "stop", webID + ": stop protection is on now, then off", "false false"},
	} {
		if got := b.ahead(t, step.op, protecting(webID, step.from)); got != step.ahead {
			t.Errorf("%q, want %q", got, step.ahead)
		}
		b.run(t, step.op, protecting(webID, step.from))
		if got := flags(); got != step.then {
			t.Errorf("%s %s: %s", step.op, step.from, got)
		}
	}
	behavior := awsops.Values{"instance-id": {webID}, "behavior": {"terminate"}}
	if got, want := b.ahead(t, "set-shutdown-behavior", behavior), webID+": shutdown from inside is stop now, then terminate"; got != want {
		t.Errorf("%q", got)
	}
	b.run(t, "set-shutdown-behavior", behavior)
	if in, _ := b.sim.Instance("us-east-1", webID); in.ShutdownBehavior != "terminate" {
		t.Error(in.ShutdownBehavior)
	}
	op, _ := awsops.Find("set-shutdown-behavior")
	if op.Info().RiskOf(behavior) != awsops.Disrupts || op.Info().RiskOf(behavior.With("behavior", "stop")) != awsops.Changes {
		t.Error("the risk does not follow the behavior")
	}
	if w := op.Info().Warnings(behavior); len(w) != 1 || !strings.Contains(w[0], "end the instance for good") {
		t.Errorf("%q", w)
	}
}

func TestMetadataOptionsAreAppliedLater(t *testing.T) {
	b := newBench(t)
	v := awsops.Values{"instance-id": {webID}, "http-tokens": {"optional"}, "http-put-response-hop-limit": {"1"}}
	if got, want := b.ahead(t, "modify-instance-metadata-options", v), "http-tokens: now required, then optional|http-put-response-hop-limit: now 2, then 1"; got != want {
		t.Errorf("%q", got)
	}
	r := b.request(t, "modify-instance-metadata-options", v)
	res, err := b.Run(t.Context(), r)
	if err != nil || output(res, "state") != "pending" || output(res, "http-tokens") != "optional" || output(res, "http-put-response-hop-limit") != 1 || output(res, "http-endpoint") != "enabled" {
		t.Fatalf("%v %v", res.Outputs, err)
	}
	if res, err = b.Wait(t.Context(), r, res, b.clock.sleep); err != nil || res.Items[0].To != "applied" {
		t.Errorf("%+v %v", res.Items, err)
	}
	r = b.request(t, "modify-instance-metadata-options", awsops.Values{"instance-id": {stoppedID}, "http-endpoint": {"disabled"}, "http-protocol-ipv6": {"enabled"}, "instance-metadata-tags": {"enabled"}})
	if res, err = b.Run(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if res, err = b.Wait(t.Context(), r, res, b.clock.sleep); err != nil || res.Items[0].To != "kept for its next start" {
		t.Errorf("%+v %v", res.Items, err)
	}
	if in, _ := b.sim.Instance("us-east-1", stoppedID); !in.MetadataPending || !in.MetadataOff || !in.MetadataIPv6 || !in.MetadataTags {
		t.Errorf("%+v", in)
	}
	b.run(t, "start-instances", ids(stoppedID))
	_ = b.clock.sleep(t.Context(), ec2sim.DefaultDelays().Start)
	if in, _ := b.sim.Instance("us-east-1", stoppedID); in.MetadataPending {
		t.Error("not applied by the start")
	}
	for name, says := range map[string]string{"http-tokens=required": "IMDSv1", "http-tokens=optional": "gives the credentials of the instance away", "http-endpoint=disabled": "Nothing on the instance gets credentials"} {
		op, _ := awsops.Find("modify-instance-metadata-options")
		field, value, _ := strings.Cut(name, "=")
		if w := op.Info().Warnings(awsops.Values{"instance-id": {webID}, field: {value}}); len(w) != 1 || !strings.Contains(w[0], says) {
			t.Errorf("%s: %q", name, w)
		}
	}
}

func TestUserDataIsShown(t *testing.T) {
	b := newBench(t)
	one := awsops.Values{"instance-id": {stoppedID}}
	if res := b.run(t, "get-user-data", one); res.Message != "there is no user data" || output(res, "user-data") != nil {
		t.Errorf("%+v", res)
	}
	b.run(t, "modify-instance-attribute", attributeOf(stoppedID, "userData", "#!/bin/sh\nexport PASSWORD=hunter2\n"))
	res := b.run(t, "get-user-data", one)
	if output(res, "user-data") != "#!/bin/sh\nexport PASSWORD=hunter2" && output(res, "user-data") != "#!/bin/sh\nexport PASSWORD=hunter2\n" || output(res, "form") != "text" {
		t.Errorf("%q", res.Outputs)
	}
	for encoded, want := range map[string]string{"H4sIAAAA": "H4sIAAAA base64 6", "aGkAaG8=": "aGkAaG8= base64 5", "%%%": "%%% not base64 3"} {
		b.sim.SetInstance("us-east-1", stoppedID, func(i *ec2sim.Instance) { i.UserData = encoded })
		res := b.run(t, "get-user-data", one)
		if got := fmt.Sprint(output(res, "user-data"), " ", output(res, "form"), " ", output(res, "bytes")); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	synctest.Test(t, func(t *testing.T) { // what there was of a broken answer stays unsaid
		b := newBench(t)
		b.sim.SetInstance("us-east-1", stoppedID, func(i *ec2sim.Instance) { i.UserData = "aHVudGVyMg==" })
		b.sim.Inject(ec2sim.Fault{Action: "DescribeInstanceAttribute", Cut: true, CutAfter: 280, Times: 9})
		_, err := b.Run(t.Context(), b.request(t, "get-user-data", one))
		if e := awsops.AsError(err); e == nil || e.Code != "BrokenAnswer" || strings.Contains(fmt.Sprintf("%v %+v", err, e.Err), "Instance") {
			t.Errorf("%v", err)
		}
	})
}

func regrouping(id string, groups string, eni ...string) awsops.Values {
	v := awsops.Values{"instance-id": {id}, "security-groups": {groups}}
	if len(eni) > 0 {
		v["network-interface-id"] = eni
	}
	return v
}

func TestGroupsAreChangedByInterface(t *testing.T) {
	b := newBench(t)
	first, _ := b.sim.Instance("us-east-1", webID)
	eni := first.Interfaces[0].ID
	if got, want := b.ahead(t, "change-security-groups", regrouping(webID, dbGroup)), eni+": leaves "+webGroup+"|"+eni+": joins "+dbGroup; got != want {
		t.Errorf("%q", got)
	}
	if got := b.ahead(t, "change-security-groups", regrouping(webID, webGroup)); got != eni+" has these groups already" {
		t.Errorf("%q", got)
	}
	res := b.run(t, "change-security-groups", regrouping(webID, dbGroup+","+webGroup))
	if in, _ := b.sim.Instance("us-east-1", webID); fmt.Sprint(in.Groups) != "["+dbGroup+" "+webGroup+"]" || output(res, "network-interface-id") != eni || b.count("ModifyNetworkInterfaceAttribute") != 0 {
		t.Errorf("%v %v", in.Groups, res.Outputs)
	}
	two, _ := b.sim.Instance("us-east-1", twoID)
	_, err := b.Run(t.Context(), b.request(t, "change-security-groups", regrouping(twoID, dbGroup)))
	said := fmt.Sprintf("--network-interface-id is required, because %s has 2 interfaces: %s (10.0.0.19: %s %s), %s (", twoID, two.Interfaces[0].ID, webGroup, dbGroup, two.Interfaces[1].ID)
	if awsops.ExitCode(err) != 2 || !strings.Contains(err.Error(), said) || b.ahead(t, "change-security-groups", regrouping(twoID, dbGroup)) != err.Error() {
		t.Errorf("%v\nwant %s", err, said)
	}
	_, err = b.Run(t.Context(), b.request(t, "change-security-groups", regrouping(twoID, dbGroup, eni)))
	if awsops.ExitCode(err) != 2 || !strings.Contains(err.Error(), "is no interface of "+twoID) {
		t.Errorf("%v", err)
	}
	b.run(t, "change-security-groups", regrouping(twoID, dbGroup, two.Interfaces[1].ID))
	two, _ = b.sim.Instance("us-east-1", twoID)
	if fmt.Sprint(two.Interfaces[0].Groups, two.Interfaces[1].Groups, two.Groups) != fmt.Sprintf("[%[1]s %[2]s] [%[2]s] [%[1]s %[2]s]", webGroup, dbGroup) {
		t.Errorf("%v %v %v", two.Interfaces[0].Groups, two.Interfaces[1].Groups, two.Groups)
	}
}

func TestAnAttributeIsReset(t *testing.T) {
	b := newBench(t)
	b.sim.SetInstance("us-east-1", stoppedID, func(i *ec2sim.Instance) {
		i.KernelID, i.RAMDiskID, i.SourceDestCheck = "aki-0aa00001", "ari-0aa00001", false
	})
	for attribute, now := range map[string]string{"kernel": "aki-0aa00001", "ramdisk": "ari-0aa00001", "sourceDestCheck": "false"} {
		v := awsops.Values{"instance-id": {stoppedID}, "attribute": {attribute}}
		if got, want := b.ahead(t, "reset-instance-attribute", v), attribute+": now "+now+", then its default"; got != want {
			t.Errorf("%q", got)
		}
		b.run(t, "reset-instance-attribute", v)
	}
	if in, _ := b.sim.Instance("us-east-1", stoppedID); in.KernelID != "" || in.RAMDiskID != "" || !in.SourceDestCheck {
		t.Errorf("%+v", in)
	}
}

func TestRulesOfInstanceChanges(t *testing.T) {
	options := func(name, value string) awsops.Values {
		return awsops.Values{"instance-id": {webID}, name: {value}}
	}
	checkRules(t, []ruleCase{
		{"protect-instance", awsops.Values{"from": {"stop"}}, "--instance-id is required: the instance"},
		{"protect-instance", protecting(webID, "rain"), `--from "rain": choose one of termination, stop`},
		{"unprotect-instance", awsops.Values{"instance-id": {webID}}, "--from is required: what is not to happen to it"},
		{"set-shutdown-behavior", options("behavior", "hibernate"), `--behavior "hibernate": choose one of stop, terminate`},
		{"modify-instance-metadata-options", awsops.Values{"instance-id": {webID}}, "--http-tokens or another option is required"},
		{"modify-instance-metadata-options", options("http-tokens", "maybe"), `--http-tokens "maybe": choose one of required, optional`},
		{"modify-instance-metadata-options", options("http-endpoint", "off"), `--http-endpoint "off": choose one of enabled, disabled`},
		{"modify-instance-metadata-options", options("http-put-response-hop-limit", "0"), `--http-put-response-hop-limit "0": write a number from 1 to 64`},
		{"modify-instance-metadata-options", options("http-put-response-hop-limit", "1"), ""},
		{"modify-instance-metadata-options", options("http-put-response-hop-limit", "64"), ""},
		{"modify-instance-metadata-options", options("http-put-response-hop-limit", "65"), `--http-put-response-hop-limit "65": write a number from 1 to 64`},
		{"modify-instance-metadata-options", options("http-protocol-ipv6", "on"), `--http-protocol-ipv6 "on": choose one of enabled, disabled`},
		{"modify-instance-metadata-options", options("instance-metadata-tags", "on"), `--instance-metadata-tags "on": choose one of enabled, disabled`},
		{"change-security-groups", awsops.Values{"instance-id": {webID}}, "--security-groups is required: all groups that it is to have"},
		{"change-security-groups", regrouping(webID, "web"), `--security-groups "web": write sg- and 8 or 17 hex digits`},
		{"change-security-groups", regrouping(webID, webGroup, "eth0"), `--network-interface-id "eth0": write eni- and 8 or 17 hex digits`},
		{"reset-instance-attribute", options("attribute", "userData"), `--attribute "userData": choose one of kernel, ramdisk, sourceDestCheck`},
		{"get-user-data", awsops.Values{"instance-id": {"web-1"}}, `--instance-id "web-1": write i- and 8 or 17 hex digits`},
	})
}

func TestAdviceOnInstanceChanges(t *testing.T) {
	const nobody, gone = "i-0aaffffffffffffff", "i-0aa0000000000000b"
	one := func(id, name, value string) awsops.Values {
		return awsops.Values{"instance-id": {id}, name: {value}}
	}
	for _, test := range []struct {
		name, op string
		v        awsops.Values
		code     string
		says     string
	}{
		{"a Spot Instance", "protect-instance", protecting(spotID, "termination"), "UnsupportedOperation", "Spot Instances cannot be protected"},
		{"an instance store", "unprotect-instance", protecting(storeID, "stop"), "UnsupportedOperation", "no stop to be protected from"},
		{"nobody", "protect-instance", protecting(nobody, "stop"), "InvalidInstanceID.NotFound", "Not in region us-east-1"},
		{"a store that shuts down", "set-shutdown-behavior", one(storeID, "behavior", "stop"), "UnsupportedOperation", "always terminates"},
		{"options of nobody", "modify-instance-metadata-options", one(nobody, "http-tokens", "required"), "InvalidInstanceID.NotFound", "Not in region us-east-1"},
		{"options of a terminated one", "modify-instance-metadata-options", one(gone, "http-tokens", "required"), "IncorrectInstanceState", "in another state"},
		{"a group of another VPC", "change-security-groups", regrouping(webID, apart), "InvalidGroup.NotFound", "prefer the sg- ID"},
		{"a kernel while it runs", "reset-instance-attribute", one(webID, "attribute", "kernel"), "IncorrectInstanceState", "stop it, reset it, and start it again"},
		{"a check of several interfaces", "reset-instance-attribute", one(twoID, "attribute", "sourceDestCheck"), "InvalidInstanceID", "that of an interface"},
		{"user data of nobody", "get-user-data", awsops.Values{"instance-id": {nobody}}, "InvalidInstanceID.NotFound", "Not in region us-east-1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				_, err := b.Run(t.Context(), b.request(t, test.op, test.v))
				expectError(t, err, test.code, 1, test.says)
			})
		})
	}
}
