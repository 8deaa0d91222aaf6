package awsops_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

// typesOf runs the listing of types and returns the names in its order.
func (b *bench) typesOf(t *testing.T, v awsops.Values) []string {
	t.Helper()
	var out []string
	for _, row := range b.run(t, "describe-instance-types", v).Table.Rows {
		out = append(out, row[0].(string))
	}
	return out
}

func TestInstanceTypesAreListed(t *testing.T) {
	b := newBench(t)
	all := b.typesOf(t, nil)
	if n := b.count("DescribeInstanceTypes"); len(all) < 150 || n != (len(all)+99)/100 {
		t.Errorf("%d types in %d answers", len(all), n)
	}
	if !slices.Contains(all, "m1.small") || b.count("DescribeInstanceTypeOfferings") != 0 {
		t.Errorf("%v", all)
	}
	for _, test := range []struct {
		name string
		v    awsops.Values
		want string
	}{
		{"small first", awsops.Values{"architecture": {"arm64"}, "burstable": {"true"}}, "[t4g.nano t4g.micro t4g.small t4g.medium t4g.large t4g.xlarge t4g.2xlarge]"},
		{"free", awsops.Values{"free-tier": {"true"}}, "[t2.micro t3.micro]"},
		{"previous", awsops.Values{"current-generation": {"false"}, "vcpus": {"4"}, "memory": {"16384", "15360"}}, "[c3.xlarge m3.xlarge m4.xlarge]"},
		{"old ones are not in the last zone", awsops.Values{"current-generation": {"false"}, "zone": {"us-east-1c"}}, "[]"},
		{"by name", awsops.Values{"instance-types": {"M5.large,t3.micro"}}, "[m5.large t3.micro]"},
	} {
		if got := fmt.Sprint(b.typesOf(t, test.v)); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	res := b.run(t, "describe-instance-types", awsops.Values{"instance-types": {"g4dn.12xlarge"}})
	for name, want := range map[string]any{
		"vcpus": 48, "memory-mib": 196608, "gpus": "4 T4", "storage-gb": 1488, "network-performance": "25 Gigabit", "hypervisor": "nitro",
		"current-generation": true, "free-tier-eligible": false, "hibernation-supported": false, "ena": "required", "nvme": "required", "ebs-optimized": "default",
	} {
		if got := cell(t, res, name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestTheTableOfTypesLearnsItsZonesLast(t *testing.T) {
	b := newBench(t)
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	first, last := map[string]string{}, map[string]string{}
	for page, err := range awsops.InstanceTypes(t.Context(), client) {
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range page {
			name := string(row.InstanceType)
			if _, known := first[name]; !known {
				first[name] = strings.Join(row.Zones, ",")
			}
			last[name] = strings.Join(row.Zones, ",")
		}
	}
	if first["t3.micro"] != "" || last["t3.micro"] != "us-east-1a,us-east-1b,us-east-1c" || last["m3.medium"] != "us-east-1a,us-east-1b" {
		t.Errorf("%q %q %q", first["t3.micro"], last["t3.micro"], last["m3.medium"])
	}
	b.sim.Inject(ec2sim.Fault{Action: "DescribeInstanceTypeOfferings", Code: "UnauthorizedOperation", Message: "no", Status: 403})
	var failed error
	rows := 0
	for page, err := range awsops.InstanceTypes(t.Context(), client) {
		rows, failed = rows+len(page), err
	}
	if e := awsops.AsError(failed); rows != len(last) || e == nil || e.Operation != "describe-instance-type-offerings" {
		t.Errorf("%d rows, %v", rows, failed)
	}
}

func TestRulesOfTypes(t *testing.T) {
	of := func(name, value string) awsops.Values { return awsops.Values{name: {value}} }
	var many []string
	for i := range 101 {
		many = append(many, fmt.Sprintf("t%d.micro", i))
	}
	checkRules(t, []ruleCase{
		{"describe-instance-types", of("instance-types", "t3"), `--instance-types "t3": write a type such as t3.micro`},
		{"describe-instance-types", awsops.Values{"instance-types": many[:100]}, ""},
		{"describe-instance-types", awsops.Values{"instance-types": many}, `--instance-types "101 values": takes at most 100`},
		{"describe-instance-types", of("current-generation", "new"), `--current-generation "new": write true or false`},
		{"describe-instance-types", of("architecture", "x86"), `--architecture "x86": choose one of x86_64, arm64, i386, x86_64_mac, arm64_mac`},
		{"describe-instance-types", of("vcpus", "1"), ""},
		{"describe-instance-types", of("vcpus", "0"), `--vcpus "0": write 1 or more`},
		{"describe-instance-types", of("memory", "512,1024"), ""},
		{"describe-instance-types", of("memory", "1 GiB"), `--memory "GiB": write 1 or more`},
		{"describe-instance-types", of("free-tier", "x"), `--free-tier "x": write true or false`},
		{"describe-instance-types", of("burstable", "x"), `--burstable "x": write true or false`},
		{"describe-instance-types", of("zone", "us-east-1"), `--zone "us-east-1": write a zone such as eu-west-1a`},
	})
}

func TestAdviceOnTypes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		_, err := b.Run(t.Context(), b.request(t, "describe-instance-types", awsops.Values{"instance-types": {"z9.huge"}}))
		expectError(t, err, "InvalidInstanceType", 1, "There is no such type in this region")
	})
}
