package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// promise is an entry of an older connector: what it took, what it gave, and
// the row of the catalogue that does it here.
type promise struct {
	Seed, Entry, Row string
	Inputs, Outputs  []string
}

// script is the command lines that show a row, one after the other on the same
// account. The last one is what the promises are held to.
func script(info awsops.Info) []string {
	const bundled = "i-0aa000000000000b1"
	bundle := "bundle-instance --instance-id " + bundled + " --storage-bucket my-bundles --storage-prefix win --s3-access-key-id AKIASIMULATORTEST001 --s3-access-key test/secret/key/not/real/0000000000000001 --yes --yes"
	if lines, ok := map[string][]string{
		"stop-instances":     {"stop-instances --instance-ids i-0aa00000000000001 --yes"},
		"release-address":    {"release-address --address 192.0.2.10 --confirm 192.0.2.10"},
		"bundle-instance":    {bundle},
		"cancel-bundle-task": {bundle, "cancel-bundle-task --bundle-id {bun} --yes --yes"},
		"modify-image-attribute": {
			"modify-image-attribute --image-id ami-0aa00000000000006 --attribute launchPermission --operation-type add --user-ids 210987654321 --yes --yes"},
		"describe-volumes":                 {"describe-volumes"},
		"describe-images":                  {"describe-images"},
		"get-bundle-task-details":          {"get-bundle-task-details --bundle-id bun-0aa00001"},
		"describe-bundle-tasks":            {"describe-bundle-tasks --row-delimiter ; --col-delimiter |"},
		"delete-key-pair":                  {"delete-key-pair --key-name ops --confirm ops"},
		"create-key-pair":                  {"create-key-pair --key-name fresh --save - --yes"},
		"authorize-security-group-ingress": {"authorize-security-group-ingress --group web --ip-protocol tcp --from-port 8443 --cidr-ip 192.0.2.0/24 --yes"},
	}[info.Name]; ok {
		return lines
	}
	line := info.Name
	for _, f := range info.Fields {
		for _, v := range info.Example[f.Name] {
			line += " --" + f.Name + "=" + strings.ReplaceAll(v, " ", "\x00")
		}
	}
	if info.Risk > awsops.Reads {
		line += " --confirm {phrase}"
	}
	return []string{line}
}

// stage is an account to run scripts on, as it was when everything existed.
type stage struct {
	sim  *ec2sim.Sim
	host options
}

func newStage(t *testing.T) *stage {
	t.Helper()
	file, err := os.Open("../../testdata/fleets/small.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	f, err := ec2sim.ReadFleet(file)
	if err != nil {
		t.Fatal(err)
	}
	f.LegacyBundles = true
	f.Images = append(f.Images, ec2sim.ImageSeed{Key: "old-windows", Name: "Windows-2008-s3", Platform: "windows", RootDeviceType: "instance-store", RootDeviceName: "/dev/sda1"})
	r := &f.Accounts[0].Regions[0]
	r.Instances = append(r.Instances, ec2sim.InstanceSeed{ID: "i-0aa000000000000b1", Name: "bundled-1", Type: "m3.medium", Image: "old-windows"})
	r.BundleTasks = []ec2sim.BundleSeed{{ID: "bun-0aa00001", Instance: "i-0aa000000000000b1", Bucket: "my-bundles", Prefix: "old", Age: ec2sim.Age(time.Hour)}}
	sim, err := ec2sim.New(ec2sim.Config{Fleet: f})
	if err != nil {
		t.Fatal(err)
	}
	a := sim.Accounts()[0]
	keys := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: a.AccessKeyID, SecretAccessKey: a.SecretAccessKey, AccountID: a.ID}, nil
	})
	return &stage{sim, options{settings: awsops.Settings{
		Profiles: []string{a.Profile}, Regions: []string{"us-east-1"}, Timeout: time.Minute, HTTPClient: sim,
		Keys: map[string]aws.CredentialsProvider{a.Profile: keys}, Policy: awsops.Fixed(awsops.Policy{}),
	}, wait: time.Minute}}
}

var bundleID = regexp.MustCompile(`bun-[0-9a-f]+`)

// play runs a script and returns what its last line printed.
func (s *stage) play(t *testing.T, info awsops.Info) string {
	t.Helper()
	said := ""
	for _, line := range script(info) {
		line = strings.ReplaceAll(line, "{bun}", bundleID.FindString(said))
		args := strings.Fields(line)
		for i, a := range args {
			args[i] = strings.ReplaceAll(a, "\x00", " ")
			if a == "{phrase}" {
				op, _ := awsops.Find(info.Name)
				args[i] = awsops.Request{Operation: op, Values: info.Example}.Phrase()
			}
		}
		var out, errs bytes.Buffer
		p := &program{in: strings.NewReader(""), out: &out, errs: &errs, getenv: func(string) string { return "" }, host: &s.host}
		args = slices.Concat([]string{"run"}, args, []string{"--output", "json"})
		if code := p.run(t.Context(), p.hostedTree(), args); code != 0 {
			t.Fatalf("%q: exit %d: %s%s", args, code, out.String(), errs.String())
		}
		said = out.String() + errs.String()
	}
	return said
}

// called is what stands for an output or an input of another name here.
func called() map[string]string {
	return map[string]string{
		"current instance state": "current-state", "current instance state code": "current-state-code",
		"previous instance state": "previous-state", "previous instance state code": "previous-state-code",
		"instance identifier": "instance-id", "instance state": "state-name", "instance state code": "state-code",
		"public dns ip address": "public-ip", "public dns name": "public-dns",
		"reboot-instance-id": "rebooted-ids", "ispublic": "public", "ippermissions": "ip-protocol", "attachmentset": "attachment-state",
		"public-ips-set": "ip-address", "name": "current-state", "instance table": "instance-id", "scheduled events table": "events-id",
		"result code": "exit-code", "result message": "message", "returncode": "exit-code",

		"amiid": "image-id", "instanceidentifier": "instance-ids", "ipaddress": "address", "public-ip": "address", "groupname": "group", "group-name": "group",
		"sourcesecuritygroupname": "source-group", "sourcesecuritygroupownerid": "source-group-owner", "snapshotdescription": "description",
		"imageowners": "owners", "snapshotowners": "owners", "ami id(m)": "image-id", "enable basic monitoring": "monitoring", "placementzone": "availability-zone",
		"accesskeyid": "access-key-id", "access-key": "access-key-id", "accesskey": "secret-access-key", "security-key": "secret-access-key",
		"region endpoint": "endpoint", "serviceendpoint": "endpoint", "key pair name": "key-name", "connector_name": "profile", "sync/async": "mode",
		"interaction records": "service/operation", "exitcode": "exit-code",
		"min-instance": "min-count", "max-instance": "max-count", "scheduled events display key format": "display-key-format",
		"instance tag #1": "tags", "instance tag #2": "tags", "instance tag #3": "tags", "instance tag #4": "tags", "instance tag #5": "tags",
	}
}

// same says whether a name of a connector is that of ours, spelled otherwise.
func same(theirs, ours string) bool {
	plain := func(s string) string {
		return strings.ToLower(regexp.MustCompile(`[^A-Za-z0-9]`).ReplaceAllString(s[strings.LastIndexByte(s, '.')+1:], ""))
	}
	a, b := plain(theirs), plain(ours)
	return a == b || a+"s" == b || a == b+"s"
}

// catalogueRow is a row of the catalogue, with what it takes and what it gives.
type catalogueRow struct {
	Name, Kind      string
	Inputs, Outputs []string
}

func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile("../../testdata/" + name)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// played is what the script of an operation printed and asked for.
type played struct {
	said  string
	asked []string
}

// TestEverythingPromised runs the script of every row of the catalogue, and
// holds it to the promises of the row and of each entry that it does the work
// of: the inputs exist, EC2's action was asked for, every output is printed or
// shown. Nothing can be forgotten: both lists are counted.
func TestEverythingPromised(t *testing.T) {
	if testing.Short() {
		t.Skip("is run without the race detector")
	}
	var rows []catalogueRow
	var entries []promise
	readJSON(t, "catalogue.json", &rows)
	readJSON(t, "coverage.json", &entries)
	common := 0
	for _, e := range entries {
		if e.Row == "area N" {
			common++
		}
	}
	if len(rows) != 79 || len(entries)-common != 103 || common != 3 {
		t.Errorf("%d rows, %d entries and %d lists of what is common to all; there are 79, 103 and 3", len(rows), len(entries)-common, common)
	}
	operations, shown := map[string]played{}, map[string][]string{}
	for _, row := range rows {
		t.Run(row.Name, func(t *testing.T) {
			if row.Kind == "operation" {
				operations[row.Name] = runsAs(t, row)
				return
			}
			show, ok := demonstrations()[row.Name]
			if !ok {
				t.Fatal("nothing shows it")
			}
			d := &demonstration{T: t}
			show(d)
			shown[row.Name] = d.shown
			for _, name := range slices.Concat(row.Inputs, row.Outputs) {
				if !slices.Contains(d.shown, name) {
					t.Errorf("%q is not shown, but %q", name, d.shown)
				}
			}
		})
	}
	for _, e := range entries {
		t.Run(e.Seed+" "+e.Entry, func(t *testing.T) {
			if done, ok := operations[e.Row]; ok {
				keeps(t, e, done)
				return
			}
			has := shown[e.Row]
			if e.Row == "area N" || e.Row == "credentials" { // the rows of that area share the work
				has = slices.Concat(slices.Collect(maps.Values(shown))...)
			}
			if len(has) == 0 {
				t.Errorf("%s shows nothing", e.Row)
			}
			for _, name := range slices.Concat(e.Inputs, e.Outputs) {
				if here := called()[strings.ToLower(name)]; !slices.Contains(has, here) && !slices.ContainsFunc(has, func(s string) bool { return same(name, s) }) {
					t.Errorf("%q is not shown, but %q", name, has)
				}
			}
		})
	}
}

// runsAs runs the script of an operation and compares it with its row.
func runsAs(t *testing.T, row catalogueRow) played {
	op, ok := awsops.Find(row.Name)
	if !ok {
		t.Fatal("there is no such operation")
	}
	s, info := newStage(t), op.Info()
	s.sim.ResetCalls()
	done := played{said: s.play(t, info)}
	for _, c := range s.sim.Calls() {
		done.asked = append(done.asked, c.Action)
	}
	if !slices.Contains(done.asked, action(info)) {
		t.Errorf("%s was not asked for, but %v", action(info), done.asked)
	}
	for _, name := range row.Outputs {
		if err := prints(done.said, name); err != nil && name != "key-material" { // stands before the envelope
			t.Error(err)
		}
	}
	if row.Name == "create-key-pair" && !strings.Contains(done.said, "PRIVATE KEY") {
		t.Error("no private key")
	}
	return done
}

// keeps holds an operation to an entry.
func keeps(t *testing.T, e promise, done played) {
	op, _ := awsops.Find(e.Row)
	for _, in := range e.Inputs {
		if !slices.ContainsFunc(op.Info().Fields, func(f awsops.FieldInfo) bool { return same(in, f.Name) || same(called()[strings.ToLower(in)], f.Name) }) &&
			!slices.Contains([]string{"delimiter", "rowDelimiter", "colDelimiter"}, in) { // every run has them
			t.Errorf("the input %q has no counterpart", in)
		}
	}
	for _, name := range e.Outputs {
		if err := prints(done.said, name); err != nil {
			t.Error(err)
		}
	}
}

// action is what EC2 is asked for; a flow by what its first step asks.
func action(info awsops.Info) string {
	return map[string]string{
		"list-instances": "DescribeInstances", "get-instance-details": "DescribeInstances", "get-instance-state": "DescribeInstances",
		"get-volume-details": "DescribeVolumes", "get-snapshot-details": "DescribeSnapshots", "get-image-details": "DescribeImages",
		"get-security-group-details": "DescribeSecurityGroups", "get-bundle-task-details": "DescribeBundleTasks",
		"create-shared-snapshot": "CreateSnapshot", "run-instances-from-template": "RunInstances", "list-scheduled-events": "DescribeInstanceStatus",
		"ec2-dashboard": "DescribeInstances",
	}[info.Name] + map[bool]string{true: info.Action()}[!slices.Contains(flows(), info.Name)]
}

func flows() []string {
	return []string{"list-instances", "get-instance-details", "get-instance-state", "get-volume-details", "get-snapshot-details", "get-image-details",
		"get-security-group-details", "get-bundle-task-details", "create-shared-snapshot", "run-instances-from-template", "list-scheduled-events", "ec2-dashboard"}
}

// prints says why an output is missing from what was printed.
func prints(said, name string) error {
	var envelope map[string]any // a new key stands before it
	if err := json.Unmarshal([]byte(said[strings.IndexByte(said, '{'):strings.LastIndexByte(said, '}')+1]), &envelope); err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	if name == "returnResult" { // the text as a whole
		return nil
	}
	keys := slices.Collect(maps.Keys(envelope))
	for _, part := range []any{envelope["outputs"], first(envelope["rows"])} {
		if members, ok := part.(map[string]any); ok {
			keys = slices.AppendSeq(keys, maps.Keys(members))
		}
	}
	for _, key := range keys {
		if same(name, key) || same(called()[strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])], key) {
			return nil
		}
	}
	slices.Sort(keys)
	return fmt.Errorf("the output %q is not printed, but %v", name, keys)
}

func first(rows any) any {
	if list, ok := rows.([]any); ok && len(list) > 0 {
		return list[0]
	}
	return nil
}
