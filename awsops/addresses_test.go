package awsops_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

const (
	freeIP, usedIP, natIP, albIP = "192.0.2.10", "192.0.2.11", "192.0.2.12", "192.0.2.13"
	freeID                       = "eipalloc-0aa00000000000001"
	webID, gravitonID            = "i-0aa00000000000001", "i-0aa00000000000010"
)

// run carries an operation out and fails the test if EC2 refuses.
func (b *bench) run(t *testing.T, name string, v awsops.Values) awsops.Result {
	t.Helper()
	res, err := b.Run(t.Context(), b.request(t, name, v))
	if err != nil {
		t.Fatalf("%s %v: %v", name, v, err)
	}
	return res
}

func output(res awsops.Result, name string) any {
	for _, o := range res.Outputs {
		if o.Name == name {
			return o.Value
		}
	}
	return nil
}

// cell is a cell of the only row of a table.
func cell(t *testing.T, res awsops.Result, name string) any {
	t.Helper()
	i := slices.IndexFunc(res.Table.Columns, func(c awsops.TableColumn) bool { return c.Name == name })
	if len(res.Table.Rows) != 1 || i < 0 {
		t.Fatalf("no single row with %s in %v", name, res.Table)
	}
	return res.Table.Rows[0][i]
}

func TestTheLifeOfAnAddress(t *testing.T) {
	b := newBench(t)
	res := b.run(t, "allocate-address", awsops.Values{"tags": {"Name=life"}})
	ip, id := output(res, "public-ip").(string), output(res, "allocation-id").(string)
	if want := "allocated " + ip + " (" + id + ")"; res.Message != want {
		t.Errorf("%q, want %q", res.Message, want)
	}
	res = b.run(t, "associate-address", awsops.Values{"address": {ip}, "instance-id": {webID}})
	if output(res, "result") != true || !strings.HasPrefix(output(res, "association-id").(string), "eipassoc-") {
		t.Errorf("%v", res.Outputs)
	}
	res = b.run(t, "describe-addresses", awsops.Values{"public-ips": {ip}})
	if cell(t, res, "instance-id") != webID || cell(t, res, "allocation-id") != id || res.Table.Null != "null" {
		t.Errorf("%v", res.Table)
	}
	if res = b.run(t, "disassociate-address", awsops.Values{"address": {ip}}); output(res, "result") != true || res.Message != "" {
		t.Errorf("%q %v", res.Message, res.Outputs)
	}
	if res = b.run(t, "disassociate-address", awsops.Values{"address": {id}}); res.Message != "already free" || res.RequestID == "" {
		t.Errorf("%q, request %q", res.Message, res.RequestID)
	}
	if n := b.count("DisassociateAddress"); n != 1 {
		t.Errorf("a free address was disassociated: %d calls", n)
	}
	if res = b.run(t, "release-address", awsops.Values{"address": {id}}); !strings.Contains(res.Message, "released "+ip+"; allocate-address with --address "+ip) {
		t.Errorf("%q", res.Message)
	}
	res = b.run(t, "describe-addresses", awsops.Values{"public-ips": {ip}})
	if failed := res.Failed(); len(res.Table.Rows) != 0 || len(failed) != 1 || failed[0].ID != ip || failed[0].Err.Code != "InvalidAddress.NotFound" {
		t.Errorf("%v %v", res.Table.Rows, failed)
	}
}

func TestAdviceOnAddresses(t *testing.T) {
	on := func(address, instance string) awsops.Values {
		return awsops.Values{"address": {address}, "instance-id": {instance}}
	}
	for _, test := range []struct {
		name, op string
		v        awsops.Values
		code     string
		exit     int
		says     string
	}{
		{"an IP that is not ours", "associate-address", on("203.0.113.1", webID), "InvalidAddress.NotFound", 1, "The address is not allocated to this account in us-east-1"},
		{"an allocation that is not ours", "release-address", awsops.Values{"address": {"eipalloc-0fffffff"}}, "InvalidAllocationID.NotFound", 1, "perhaps already released"},
		{"an association that is gone", "disassociate-address", awsops.Values{"address": {"eipassoc-0fffffff"}}, "InvalidAssociationID.NotFound", 1, "refresh"},
		{"a load balancer's address", "release-address", awsops.Values{"address": {albIP}}, "AuthFailure", 4, "belongs to an AWS service or to another account"},
		{"a NAT gateway's address", "disassociate-address", awsops.Values{"address": {natIP}}, "AuthFailure", 4, "What a NAT gateway or a load balancer uses is changed there"},
		{"an address that is used", "associate-address", on(usedIP, webID), "Resource.AlreadyAssociated", 1, "confirm the move (allow-reassociation)"},
		{"a pending instance", "associate-address", on(freeIP, "i-0aa0000000000000c"), "InvalidInstanceID", 1, "pending or terminated"},
		{"several interfaces", "associate-address", on(freeIP, "i-0aa00000000000009"), "InvalidInstanceID", 1, "pick an interface"},
		{"an unknown instance", "associate-address", on(freeIP, "i-0aaffffffffffffff"), "InvalidInstanceID.NotFound", 1, "Not in region us-east-1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				_, err := b.Run(t.Context(), b.request(t, test.op, test.v))
				expectError(t, err, test.code, test.exit, test.says)
			})
		})
	}
}

func TestAddressesInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		id, err := b.sim.AddInstance("test", "us-east-1", ec2sim.InstanceSeed{Name: "apart", Type: "t3.micro", Image: "al2023", VPC: "other", Groups: []string{"apart"}})
		if err != nil {
			t.Fatal(err)
		}
		b.run(t, "associate-address", awsops.Values{"address": {freeIP}, "instance-id": {id}})
		_, err = b.Run(t.Context(), b.request(t, "release-address", awsops.Values{"address": {freeIP}}))
		expectError(t, err, "InvalidIPAddress.InUse", 1, "Disassociate the address before releasing it")
		b.run(t, "allocate-address", nil)
		b.run(t, "allocate-address", nil)
		_, err = b.Run(t.Context(), b.request(t, "allocate-address", nil))
		expectError(t, err, "AddressLimitExceeded", 1, "The quota of Elastic IPs is reached (5 by default)")
	})
}

func TestNoGateway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(s *awsops.Settings) { s.Regions = []string{"eu-west-1"} })
		id, err := b.sim.AddInstance("test", "eu-west-1", ec2sim.InstanceSeed{Name: "apart", Type: "t3.micro", Image: "al2023", VPC: "other", Groups: []string{"apart"}})
		if err != nil {
			t.Fatal(err)
		}
		ip := output(b.run(t, "allocate-address", nil), "public-ip").(string)
		_, err = b.Run(t.Context(), b.request(t, "associate-address", awsops.Values{"address": {ip}, "instance-id": {id}}))
		expectError(t, err, "Gateway.NotAttached", 1, "The VPC has no internet gateway")
	})
}

// TestAllocatingIsNeverRepeated loses the answer of an allocation.
func TestAllocatingIsNeverRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.sim.Inject(ec2sim.Fault{Action: "AllocateAddress", TakesEffect: true, Cut: true, CutAfter: 50})
		_, err := b.Run(t.Context(), b.request(t, "allocate-address", nil))
		if awsops.ExitCode(err) != 8 || !strings.Contains(err.Error(), "list the addresses and compare") || b.count("AllocateAddress") != 1 {
			t.Errorf("%d calls, exit %d: %v", b.count("AllocateAddress"), awsops.ExitCode(err), err)
		}
	})
}

// TestAQuestionThatFailsLeavesNoDoubt loses the answer of the question that
// comes before a change.
func TestAQuestionThatFailsLeavesNoDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.sim.Inject(ec2sim.Fault{Action: "DescribeAddresses", Hang: true})
		_, err := b.Run(t.Context(), b.request(t, "release-address", awsops.Values{"address": {freeIP}}))
		if awsops.ExitCode(err) != 6 || b.count("ReleaseAddress") != 0 {
			t.Errorf("exit %d: %v", awsops.ExitCode(err), err)
		}
	})
}

func TestWhatAnAddressIsUsedBy(t *testing.T) {
	b := newBench(t)
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	for ip, want := range map[string]string{
		freeIP: "192.0.2.10 is used by nothing", usedIP: "192.0.2.11 is used by " + gravitonID + " (graviton-1)",
		natIP: "192.0.2.12 is used by eni-0aa000000000000c1", albIP: "192.0.2.13 is used by service alb",
	} {
		lines, err := b.request(t, "release-address", awsops.Values{"address": {ip}}).Ahead(t.Context(), client)
		if err != nil || strings.Join(lines, "|") != want {
			t.Errorf("%q %v, want %q", lines, err, want)
		}
	}
}

func TestAddressDryRuns(t *testing.T) {
	b := newBench(t)
	for op, v := range map[string]awsops.Values{
		"allocate-address":     nil,
		"associate-address":    {"address": {freeIP}, "instance-id": {webID}},
		"disassociate-address": {"address": {usedIP}},
		"release-address":      {"address": {freeID}},
	} {
		r := b.request(t, op, v)
		r.DryRun = true
		if res, err := b.Run(t.Context(), r); err != nil || !strings.HasPrefix(res.Message, "permitted") {
			t.Errorf("%s: %q %v", op, res.Message, err)
		}
	}
	if res := b.run(t, "describe-addresses", nil); len(res.Table.Rows) != 4 {
		t.Errorf("dry runs changed the addresses: %v", res.Table.Rows)
	}
}

func addressRules() []ruleCase {
	const eni = "eni-0aa00000000000001"
	address := func(s string) awsops.Values { return awsops.Values{"address": {s}} }
	named := func(more ...string) awsops.Values {
		v := address(freeIP)
		for i := 0; i < len(more); i += 2 {
			v = v.With(more[i], more[i+1])
		}
		return v
	}
	const either = "write an IP (four numbers 0 to 255 separated by dots) or eipalloc- and 8 or 17 hex digits"
	return []ruleCase{
		{"release-address", nil, "--address is required: the address, by its IP or ID"},
		{"release-address", address("0.0.0.0"), ""},
		{"release-address", address("255.255.255.255"), ""},
		{"release-address", address("256.0.0.1"), `--address "256.0.0.1": ` + either},
		{"release-address", address("1.2.3"), `--address "1.2.3": ` + either},
		{"release-address", address("1.2.3.4.5"), `--address "1.2.3.4.5": ` + either},
		{"release-address", address("01.2.3.4"), `--address "01.2.3.4": ` + either},
		{"release-address", address("::1"), `--address "::1": ` + either},
		{"release-address", address(" EIPALLOC-0AA00000 "), ""},
		{"release-address", address("eipalloc-0aa0000"), `--address "eipalloc-0aa0000": ` + either},
		{"release-address", address("eipassoc-0aa00000"), `--address "eipassoc-0aa00000": ` + either},
		{"disassociate-address", address("eipassoc-0aa00000"), ""},
		{"release-address", named("network-border-group", "us-west-2-lax-1"), ""},
		{"release-address", named("network-border-group", "Los Angeles"), `--network-border-group "Los Angeles": write a group such as us-east-1 or us-west-2-lax-1`},
		{"associate-address", named(), "--instance-id or --network-interface-id is required"},
		{"associate-address", named("instance-id", webID), ""},
		{"associate-address", named("instance-id", "web"), `--instance-id "web": write i- and 8 or 17 hex digits`},
		{"associate-address", named("network-interface-id", eni), ""},
		{"associate-address", named("network-interface-id", eni, "private-ip", "10.0.0.1"), ""},
		{"associate-address", named("network-interface-id", eni, "private-ip", "10.0.0"), `--private-ip "10.0.0": write four numbers 0 to 255 separated by dots`},
		{"associate-address", named("network-interface-id", eni, "instance-id", webID), "--network-interface-id cannot be used together with --instance-id"},
		{"associate-address", named("private-ip", "10.0.0.1", "instance-id", webID), "--private-ip needs --network-interface-id instead of --instance-id"},
		{"allocate-address", nil, ""},
		{"allocate-address", awsops.Values{"domain": {"standard"}}, `--domain "standard": choose one of vpc`},
		{"allocate-address", awsops.Values{"public-ipv4-pool": {"mine"}}, `--public-ipv4-pool "mine": write ipv4pool-ec2- and 8 or 17 hex digits, or amazon`},
		{"allocate-address", awsops.Values{"public-ipv4-pool": {"ipv4pool-ec2-0aa00000"}, "address": {freeIP}}, "--public-ipv4-pool cannot be used together with --address"},
		{"allocate-address", awsops.Values{"address": {"1.2.3.400"}}, `--address "1.2.3.400": write four numbers 0 to 255 separated by dots`},
		{"describe-addresses", awsops.Values{"public-ips": {"1.2.3.4, 1.2.3.5"}, "allocation-ids": {freeID}}, ""},
		{"describe-addresses", awsops.Values{"public-ips": {"1.2.3.4/32"}}, `--public-ips "1.2.3.4/32": write four numbers 0 to 255 separated by dots`},
		{"describe-addresses", awsops.Values{"allocation-ids": {"1.2.3.4"}}, `--allocation-ids "1.2.3.4": write eipalloc- and 8 or 17 hex digits`},
		{"describe-addresses", awsops.Values{"col-delimiter": {"\\n"}}, `--col-delimiter "\\n": must differ from --row-delimiter`},
	}
}

func TestAddressRules(t *testing.T) { checkRules(t, addressRules()) }
