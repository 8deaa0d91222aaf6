package awsops_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	anImage = "ami-0aa00000000000001"
	aSubnet = "subnet-0aa00000000000011"
)

// launching is the least that a launch needs, and more: name, value, …
func launching(more ...string) awsops.Values {
	v := awsops.Values{"image-id": {anImage}, "instance-type": {"t3.micro"}}
	for i := 0; i < len(more); i += 2 {
		v = v.With(more[i], more[i+1])
	}
	return v
}

func attributeOf(id, name, value string) awsops.Values {
	return awsops.Values{"instance-id": {id}, "attribute": {name}, "value": {value}}
}

func TestRulesOfLaunches(t *testing.T) {
	const counts = "write 1 or more"
	long := strings.Repeat("x", 255)
	var cases []ruleCase
	add := func(want string, more ...string) {
		cases = append(cases, ruleCase{"run-instances", launching(more...), want})
	}
	add("")
	add(`--image-id is required, unless --launch-template gives it`, "image-id", "")
	add(`--instance-type is required, unless --launch-template gives it`, "instance-type", "")
	add("", "image-id", "", "instance-type", "", "launch-template", "web")
	add(`--launch-template-version "$Latest": needs --launch-template`, "launch-template-version", "latest")
	add(`--launch-template "ab": write 3 to 128 letters, digits and ()./-_, or lt- and 8 or 17 hex digits`, "launch-template", "ab")
	add("", "launch-template", "abc")
	add("", "launch-template", long[:128])
	add(`--launch-template "`+long[:129]+`": write 3 to 128 letters, digits and ()./-_, or lt- and 8 or 17 hex digits`, "launch-template", long[:129])
	add("", "launch-template", "LT-0AA00000000000001")
	add(`--launch-template-version "0": write a number, $Latest or $Default`, "launch-template", "web", "launch-template-version", "0")
	add(`--launch-template-version "+1": write a number, $Latest or $Default`, "launch-template", "web", "launch-template-version", "+1")
	add("", "launch-template", "web", "launch-template-version", "1")
	add(`--image-id "i-0aa00001": write ami- and 8 or 17 hex digits`, "image-id", "i-0aa00001")
	add(`--instance-type "t3": write a type such as t3.micro`, "instance-type", "t3")
	add(`--min-count "0": `+counts, "min-count", "0")
	add(`--max-count "0": `+counts, "max-count", "0")
	add(`--max-count "1": must be at least --min-count, 2`, "min-count", "2", "max-count", "1")
	add("", "min-count", "2", "max-count", "2")
	add("", "max-count", "2")
	add(`--availability-zone "us-east-1": write a zone such as eu-west-1a`, "availability-zone", "us-east-1")
	add(`--subnet-id "subnet-1": write subnet- and 8 or 17 hex digits`, "subnet-id", "subnet-1")
	add("", "key-name", long)
	add(`--key-name "`+long+`x": write 1 to 255 ASCII characters, without a blank at either end`, "key-name", long+"x")
	add(`--key-name "schlüssel": write 1 to 255 ASCII characters, without a blank at either end`, "key-name", "schlüssel")
	add("", "key-name", "two words")
	add("", "security-groups", "web, sg-0aa00000000000011 SG-0AA00001")
	add(`--security-groups "sg-1": write sg- and 8 or 17 hex digits`, "security-groups", "sg-1")
	add("", "security-groups", long)
	add(`--security-groups "`+long+`x": write the name of a group, or sg- and 8 or 17 hex digits`, "security-groups", long+"x")
	add(`--kernel-id "ami-0aa00001": write aki- and 8 or 17 hex digits`, "kernel-id", "ami-0aa00001")
	add(`--ramdisk-id "aki-0aa00001": write ari- and 8 or 17 hex digits`, "ramdisk-id", "aki-0aa00001")
	add(`--monitoring "on": choose one of true, enabled, false, disabled`, "monitoring", "on")
	add(`--device-name is needed with the other inputs of a volume`, "volume-size", "8")
	add(`--device-name is needed with the other inputs of a volume`, "delete-on-termination", "true")
	add(`--device-name "/dev/sda16": write a device such as /dev/sdf, or xvdf on Windows`, "device-name", "/dev/sda16", "volume-size", "8")
	add("", "device-name", "/dev/sda15", "volume-size", "1")
	add("", "device-name", "xvdp", "volume-size", "65536")
	add(`--volume-size "65537": write a number from 1 to 65536`, "device-name", "/dev/sdf", "volume-size", "65537")
	add(`--volume-size "0": write a number from 1 to 65536`, "device-name", "/dev/sdf", "volume-size", "0")
	add(`--volume-size is required for a device without --snapshot-id`, "device-name", "/dev/sdf")
	add(`--volume-size is required for a device without --snapshot-id`, "device-name", "/dev/sdf", "delete-on-termination", "true")
	add("", "device-name", "/dev/sdf", "snapshot-id", "snap-0aa00001")
	add("", "device-name", "/dev/sdf", "virtual-name", "ephemeral23")
	add(`--virtual-name "ephemeral24": write ephemeral0 to ephemeral23`, "device-name", "/dev/sdf", "virtual-name", "ephemeral24")
	add(`--virtual-name "swap": names a device of paravirtual bundles only; write ephemeral0 to ephemeral23`, "device-name", "/dev/sdf", "virtual-name", "swap")
	add(`--virtual-name "ephemeral0": is an instance store and takes no snapshot or size`, "device-name", "/dev/sdf", "virtual-name", "ephemeral0", "volume-size", "8")
	add(`--instance-initiated-shutdown-behavior "true": choose one of stop, terminate`, "instance-initiated-shutdown-behavior", "true")
	add("", "client-token", long[:64])
	add(`--client-token "`+long[:65]+`": write 1 to 64 printable ASCII characters`, "client-token", long[:65])
	add("", "instance-name", strings.Repeat("ü", 256))
	add(`--instance-name "`+long+`xx": write at most 256 characters, without control characters`, "instance-name", long+"xx")
	add(`--tags "aws:x=y": the name: aws: is reserved for AWS itself`, "tags", "aws:x=y")
	add(`--tags "Name": is given twice`, "instance-name", "web", "tags", "Name=db")
	add(`--iam-instance-profile "a b": write a name of up to 128 letters, digits and _+=,.@-, or an ARN`, "iam-instance-profile", "a b")
	add("", "iam-instance-profile", "arn:aws:iam::123456789012:instance-profile/web")
	add("", "user-data", strings.Repeat("x", 16384))
	add(`--http-tokens "no": choose one of required, optional`, "http-tokens", "no")
	checkRules(t, cases)
	op, _ := awsops.Find("run-instances")
	if err := op.Validate(launching("user-data", strings.Repeat("x", 16385))); err == nil || !strings.Contains(err.Error(), "is 16385 bytes long; EC2 takes 16384") {
		t.Error(err)
	}
	var many []string
	for i := range 50 {
		many = append(many, "k"+strings.Repeat("x", i)+"=v")
	}
	if err := op.Validate(launching().With("tags", many...)); err != nil {
		t.Error(err)
	}
	if err := op.Validate(launching("instance-name", "web").With("tags", many...)); err == nil || !strings.Contains(err.Error(), "at most 50 tags, the name among them") {
		t.Error(err)
	}
}

func TestRulesOfAttributes(t *testing.T) {
	const id = webID
	var cases []ruleCase
	add := func(name, value, want string) {
		cases = append(cases, ruleCase{"modify-instance-attribute", attributeOf(id, name, value), want})
	}
	for _, flag := range []string{"disableApiTermination", "disableApiStop", "sourceDestCheck", "ebsOptimized", "enaSupport", "enclaveOptions"} {
		add(flag, " yes ", "")
		add(flag, "maybe", `--value "maybe": write true or false`)
	}
	add("instanceType", "m5.large", "")
	add("instanceType", "m5", `--value "m5": write a type such as t3.micro`)
	add("userData", "", "")
	add("userData", strings.Repeat("x", 16384), "")
	add("instanceInitiatedShutdownBehavior", "terminate", "")
	add("instanceInitiatedShutdownBehavior", "true", `--value "true": write stop or terminate`)
	add("groupSet", "sg-0aa00001, sg-0aa00000000000011", "")
	add("groupSet", "web", `--value "web": write sg- and 8 or 17 hex digits`)
	add("groupSet", " ", "--value write at least one sg- ID")
	add("sriovNetSupport", "simple", "")
	add("sriovNetSupport", "x", `--value "x": write simple`)
	add("kernel", "aki-0aa00001", "")
	add("kernel", "ari-0aa00001", `--value "ari-0aa00001": write aki- and 8 or 17 hex digits`)
	add("ramdisk", "ari-0aa00001", "")
	add("blockDeviceMapping", "/dev/sdf=false", "")
	add("blockDeviceMapping", "/dev/sdf", `--value "/dev/sdf": write DEVICE=true or DEVICE=false`)
	add("blockDeviceMapping", "/dev/sdf=x", `--value "/dev/sdf=x": write true or false`)
	add("blockDeviceMapping", "sdf=true", `--value "sdf=true": write a device such as /dev/sdf, or xvdf on Windows`)
	names := "instanceType, userData, disableApiTermination, disableApiStop, instanceInitiatedShutdownBehavior, sourceDestCheck, groupSet, ebsOptimized, enaSupport, sriovNetSupport, kernel, ramdisk, blockDeviceMapping, enclaveOptions"
	add("productCodes", "x", `--attribute "productCodes": choose one of `+names)
	checkRules(t, cases)
}

func TestEveryAttributeIsWritten(t *testing.T) {
	for name, want := range map[string]struct{ value, sent string }{
		"instanceType":                      {"m5.large", "InstanceType.Value=m5.large"},
		"userData":                          {"#!/bin/sh", "UserData.Value=IyEvYmluL3No"},
		"disableApiTermination":             {"yes", "DisableApiTermination.Value=true"},
		"disableApiStop":                    {"false", "DisableApiStop.Value=false"},
		"instanceInitiatedShutdownBehavior": {"terminate", "InstanceInitiatedShutdownBehavior.Value=terminate"},
		"sourceDestCheck":                   {"0", "SourceDestCheck.Value=false"},
		"groupSet":                          {"sg-0aa00000000000021 sg-0aa00000000000011", "GroupId.1=sg-0aa00000000000021\nGroupId.2=sg-0aa00000000000011"},
		"ebsOptimized":                      {"true", "EbsOptimized.Value=true"},
		"enaSupport":                        {"true", "EnaSupport.Value=true"},
		"sriovNetSupport":                   {"simple", "SriovNetSupport.Value=simple"},
		"kernel":                            {"aki-0aa00001", "Kernel.Value=aki-0aa00001"},
		"ramdisk":                           {"ari-0aa00001", "Ramdisk.Value=ari-0aa00001"},
		"blockDeviceMapping":                {"/dev/xvda=false", "BlockDeviceMapping.1.DeviceName=/dev/xvda\nBlockDeviceMapping.1.Ebs.DeleteOnTermination=false"},
		"enclaveOptions":                    {"true", "EnclaveOptions.Enabled=true"},
	} {
		b := newBench(t)
		r := b.request(t, "modify-instance-attribute", attributeOf("i-0aa00000000000002", name, want.value))
		client, err := b.Client(b.scope)
		if err != nil {
			t.Fatal(err)
		}
		if lines, err := r.Ahead(t.Context(), client); err != nil || len(lines) != 2 || !strings.HasPrefix(lines[0], name+": now ") {
			t.Errorf("%s: %q %v", name, lines, err)
		} else if name == "userData" && lines[1] != "userData: then 9 bytes" {
			t.Errorf("%q", lines)
		}
		b.wire.sent = nil
		if _, err := b.Run(t.Context(), r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := string(printed(b.wire.sent)); !strings.Contains(got, want.sent) || strings.Count(got, "=") != strings.Count(want.sent, "=")+3 {
			t.Errorf("%s: sent %s", name, got)
		}
	}
}

func TestAdviceOnLaunchesAndAttributes(t *testing.T) {
	const nobody = "i-0aaffffffffffffff"
	for _, test := range []struct {
		name, op string
		v        awsops.Values
		code     string
		says     string
	}{
		{"no such image", "run-instances", launching("image-id", "ami-0aaffffffffffffff"), "InvalidAMIID.NotFound", "AMI IDs are per region"},
		{"an image that is gone", "run-instances", launching("image-id", "ami-0aa00000000000005"), "InvalidAMIID.Unavailable", "deregistered"},
		{"no such key", "run-instances", launching("key-name", "nope"), "InvalidKeyPair.NotFound", "per region"},
		{"a group elsewhere", "run-instances", launching("security-groups", "sg-0aa00000000000031"), "InvalidGroup.NotFound", "prefer the sg- ID"},
		{"no such subnet", "run-instances", launching("subnet-id", "subnet-0aafffff"), "InvalidSubnetID.NotFound", "The subnet ID"},
		{"another zone than the subnet's", "run-instances", launching("subnet-id", aSubnet, "availability-zone", "us-east-1b"), "InvalidParameterValue", "Invalid availability zone"},
		{"an unknown type", "run-instances", launching("instance-type", "z9.huge"), "InvalidParameterValue", "InstanceType"},
		{"a small volume", "run-instances", launching("device-name", "/dev/sdf", "snapshot-id", "snap-0aa00000000000001", "volume-size", "7"), "InvalidBlockDeviceMapping", "cannot be smaller than its snapshot"},
		{"no such template", "run-instances-from-template", awsops.Values{"instance-id": {nobody}}, "InvalidInstanceID.NotFound", "Not in region"},
		{"a type while running", "modify-instance-attribute", attributeOf(webID, "instanceType", "m5.large"), "IncorrectInstanceState", "stop it, change it, and start it again"},
		{"an unknown new type", "modify-instance-attribute", attributeOf("i-0aa00000000000002", "instanceType", "z9.huge"), "InvalidInstanceAttributeValue", "often an unknown instance type"},
		{"no such group", "modify-instance-attribute", attributeOf(webID, "groupSet", "sg-0aafffff"), "InvalidGroup.NotFound", "No such group"},
		{"several interfaces", "modify-instance-attribute", attributeOf("i-0aa00000000000009", "groupSet", "sg-0aa00000000000011"), "InvalidInstanceID", "those of an interface"},
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

func TestAdviceOfInjectedLaunchErrors(t *testing.T) {
	for code, says := range map[string]string{
		"VPCIdNotSpecified": "choose a subnet", "MissingInput": "choose a subnet", "InvalidUserData.Malformed": "it is encoded for EC2 here", "VcpuLimitExceeded": "ask for a greater quota",
		"Unsupported": "Not possible for this root device, type, zone", "InvalidParameterCombination": "exclude each other", "IdempotentParameterMismatch": "leave --client-token out",
	} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.sim.Inject(ec2sim.Fault{Action: "RunInstances", Code: code, Message: "no", Status: 400})
				_, err := b.Run(t.Context(), b.request(t, "run-instances", launching()))
				expectError(t, err, code, 1, says)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.sim.Inject(ec2sim.Fault{Action: "RunInstances", Code: "InvalidAMIID.NotFound", Message: "no", Status: 400})
		_, err := b.Run(t.Context(), b.request(t, "run-instances-from-template", awsops.Values{"instance-id": {webID}}))
		expectError(t, err, "InvalidAMIID.NotFound", 1, "The image of this instance no longer exists")
	})
}

func TestGroupsByName(t *testing.T) {
	b := newBench(t)
	for value, says := range map[string]string{
		"nobody": `--security-groups "nobody": there is no group of that name in this region`,
		"we*":    "there is no group of that name",
	} {
		_, err := b.Run(t.Context(), b.request(t, "run-instances", launching("security-groups", value)))
		if awsops.ExitCode(err) != 2 || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: exit %d, %v", value, awsops.ExitCode(err), err)
		}
	}
	if b.count("RunInstances") != 0 {
		t.Error("launched all the same")
	}
	for subnet, want := range map[string]string{"": "vpc-0aa00000000000001", "subnet-0aa00000000000111": "vpc-0aa00000000000011"} {
		res := b.run(t, "run-instances", launching("security-groups", "default", "subnet-id", subnet))
		if in, _ := b.sim.Instance("us-east-1", res.Items[0].ID); in.VPCID != want {
			t.Errorf("%q: %s", subnet, in.VPCID)
		}
	}
	noDefault := newBench(t, func(s *awsops.Settings) { s.HTTPClient = withoutVPCs{s.HTTPClient} })
	_, err := noDefault.Run(t.Context(), noDefault.request(t, "run-instances", launching("security-groups", "default")))
	if awsops.ExitCode(err) != 2 || !strings.Contains(err.Error(), "names several groups, give one of the IDs: sg-") {
		t.Errorf("without a default VPC: %v", err)
	}
	res := b.run(t, "run-instances", launching("security-groups", "web,db,sg-0aa00000000000011"))
	in, _ := b.sim.Instance("us-east-1", res.Items[0].ID)
	if !slices.Equal(in.Groups, []string{"sg-0aa00000000000011", "sg-0aa00000000000021"}) {
		t.Error(in.Groups)
	}
}

func TestALaunchIsWaitedFor(t *testing.T) {
	b := newBench(t)
	for _, test := range []struct {
		op string
		v  awsops.Values
	}{{"run-instances", launching("min-count", "2")}, {"run-instances-from-template", awsops.Values{"instance-id": {"i-0aa00000000000002"}, "min-count": {"2"}}}} {
		r := b.request(t, test.op, test.v)
		res, err := b.Run(t.Context(), r)
		if err != nil || len(res.Items) != 2 || res.Items[0].To != "pending" {
			t.Fatalf("%v %v", res.Items, err)
		}
		if res, err = b.Wait(t.Context(), r, res, b.clock.sleep); err != nil || res.Items[0].To != "running" || res.Items[1].To != "running" {
			t.Errorf("%s: %v %v", test.op, res.Items, err)
		}
	}
}

func TestATokenLaunchesOnce(t *testing.T) {
	b := newBench(t)
	op, _ := awsops.Find("run-instances")
	v := op.Info().Fresh(launching())
	token := v.Get("client-token")
	if len(token) != 36 || op.Info().Fresh(v).Get("client-token") != token || op.Info().Fresh(launching()).Get("client-token") == token {
		t.Errorf("token %q", token)
	}
	first, second := b.run(t, "run-instances", v), b.run(t, "run-instances", v)
	if first.Items[0].ID != second.Items[0].ID {
		t.Error("launched twice")
	}
}

func TestALaunchOfUnknownOutcomeTellsItsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.sim.Inject(ec2sim.Fault{Action: "RunInstances", TakesEffect: true, Cut: true, CutAfter: 40})
		_, err := b.Run(t.Context(), b.request(t, "run-instances", launching()))
		token := b.wire.sent[len(b.wire.sent)-1].Get("ClientToken")
		if awsops.ExitCode(err) != 8 || token == "" || !strings.Contains(err.Error(), "--client-token "+token+" launches nothing twice") {
			t.Errorf("exit %d: %v", awsops.ExitCode(err), err)
		}
	})
}

func TestWhatATemplateTellsAhead(t *testing.T) {
	b := newBench(t)
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := b.request(t, "run-instances-from-template", awsops.Values{"instance-id": {"i-0aa00000000000009"}}).Ahead(t.Context(), client)
	if err != nil || len(lines) != 3 || !strings.Contains(lines[0], "key ops") || !strings.Contains(lines[1], "has 2 interfaces") {
		t.Errorf("%q %v", lines, err)
	}
	lines, err = b.request(t, "run-instances", launching("max-count", "3")).Ahead(t.Context(), client)
	if err != nil || len(lines) != 2 || lines[0] != "1 to 3 × t3.micro of "+anImage || !strings.Contains(lines[1], "No key pair") {
		t.Errorf("%q %v", lines, err)
	}
	_, err = b.Run(t.Context(), b.request(t, "run-instances-from-template", awsops.Values{"instance-id": {"i-0aa0000000000000b"}}))
	if awsops.ExitCode(err) != 2 || !strings.Contains(err.Error(), "is terminated and cannot be copied") {
		t.Error(err)
	}
}

// withoutVPCs is an EC2 whose region has no default VPC.
type withoutVPCs struct{ aws.HTTPClient }

func (w withoutVPCs) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(bytes.Replace(body, []byte("Filter.1.Value.1=true"), []byte("Filter.1.Value.1=none"), 1)))
	r.ContentLength = int64(len(body))
	return w.HTTPClient.Do(r)
}
