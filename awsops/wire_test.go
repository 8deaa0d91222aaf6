package awsops_test

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ec2deck/awsops"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the goldens anew")

// further holds inputs that the example of an operation cannot hold too.
func further() map[string][]awsops.Values {
	out := map[string][]awsops.Values{
		"allocate-address":              {{"public-ipv4-pool": {"ipv4pool-ec2-0aa00000000000001"}}},
		"associate-address":             {{"address": {"eipalloc-0aa00000000000001"}, "network-interface-id": {"eni-00d9c2c1933e7a016"}, "private-ip": {"10.0.0.12"}}},
		"describe-key-pairs":            {{"key-pair-ids": {"key-07313a35ab3d2cfa1"}}},
		"change-security-groups":        {{"instance-id": {"i-0aa00000000000009"}, "security-groups": {"sg-0aa00000000000021"}, "network-interface-id": {"eni-00d9c2c1933e7a016"}}},
		"describe-instance-types":       {{"instance-types": {"t3.micro", "m5.large"}}},
		"describe-launch-templates":     {{"launch-template-ids": {"lt-0aa00000000000002", "lt-0aa00000000000001"}}},
		"describe-instances":            {{"instance-ids": {"i-0aa00000000000002", "i-0aa00000000000001"}, "delimiter": {"/"}, "row-delimiter": {"|"}, "col-delimiter": {"\\t"}}},
		"describe-security-groups":      {{"group-ids": {"sg-0aa00000000000021", "sg-0aa00000000000011"}}},
		"describe-security-group-rules": {{"rule-ids": {"sgr-0aa00000000000001"}}},
		"run-instances":                 {{"image-id": {"ami-0aa00000000000001"}, "instance-type": {"t3.micro"}, "client-token": {"token-2"}, "device-name": {"/dev/sdb"}, "virtual-name": {"ephemeral0"}}},
		"create-volume": {
			{"size": {"50"}, "availability-zone": {"use1-az2"}, "iops": {"4000"}, "throughput": {"500"}, "client-token": {"token-4"}},
			{"snapshot-id": {"snap-0aa00000000000012"}, "availability-zone": {"us-east-1b"}, "volume-type": {"gp2"}, "client-token": {"token-5"}},
		},
		"attach-volume":             {{"volume-id": {"vol-0aa00000000000011"}, "instance-id": {"i-0aa00000000000006"}}},
		"describe-volumes":          {{"volume-ids": {"vol-0aa00000000000012", "vol-0aa00000000000011"}}},
		"modify-volume":             {{"volume-id": {"vol-0aa00000000000012"}, "volume-type": {"gp3"}, "throughput": {"300"}}},
		"describe-snapshots":        {{"snapshot-ids": {"snap-0aa00000000000012", "snap-0aa00000000000011"}}, {}},
		"copy-snapshot":             {{"snapshot-id": {"snap-0aa00000000000011"}}},
		"modify-snapshot-attribute": {{"snapshot-id": {"snap-0aa00000000000011"}, "attribute": {"createVolumePermission"}, "user-ids": {"2109-8765-4321"}}},
		"describe-images":           {{"image-ids": {"ami-0aa00000000000007", "ami-0aa00000000000006"}}, {}},
		"create-image":              {{"instance-id": {"i-0aa00000000000003"}, "name": {"without"}, "omit-devices": {"/dev/sdf"}}},
		"copy-image":                {{"image-id": {"ami-0aa00000000000006"}, "name": {"golden-near"}, "client-token": {"token-7"}}},
		"register-image":            {{"image-location": {"my-bundles/win/image.manifest.xml"}}, {"image-location": {"/my-bundles/win/image.manifest.xml"}, "name": {"again"}}, {"root-snapshot-id": {"snap-0aa00000000000011"}, "name": {"plain"}}},
		"modify-image-attribute": {
			{"image-id": {"ami-0aa00000000000006"}, "attribute": {"launchPermission"}, "user-ids": {"2109-8765-4321"}},
			{"image-id": {"ami-0aa00000000000006"}, "attribute": {"description"}, "value": {"said otherwise"}},
			{"image-id": {"ami-0aa00000000000006"}, "attribute": {"imdsSupport"}, "value": {"v2.0"}},
			{"image-id": {"ami-0aa00000000000006"}, "attribute": {"productCode"}, "product-code": {"774F4FF8"}},
		},
		"describe-bundle-tasks": {{"bundle-ids": {"bun-0aa00001"}}},
		"bundle-instance":       {{"instance-id": {"i-0aa00000000000006"}, "storage-bucket": {"my-bundles"}, "storage-prefix": {"win"}}},
		"modify-security-group-rules": {
			{"group": {"db"}, "rule-id": {"sgr-0aa00000000000003"}, "source-group": {"web"}, "from-port": {"5433"}},
			{"group": {"web"}, "rule-id": {"sgr-0aa00000000000001"}, "rule": {`tcp/81 from 10.9.9.9/8 "said"`}},
			{"group": {"apart"}, "rule-id": {"sgr-0aa00000000000007"}, "ip-protocol": {"all"}, "cidr-ipv6": {"2001:db8::/32"}},
			{"group": {"apart"}, "rule-id": {"sgr-0aa00000000000009"}, "ip-protocol": {"all"}, "prefix-list": {"pl-02cd2c6b"}},
			{"group": {"apart"}, "rule-id": {"sgr-0aa00000000000009"}, "rule": {"all from 10.0.0.0/8"}},
		},
	}
	for _, way := range []struct{ twin, word string }{{"ingress", "from"}, {"egress", "to"}} {
		lines := []string{"tcp/443 " + way.word + " 10.9.9.9/8", "icmp/8 " + way.word + " ::/0", "all " + way.word + ` pl-63a5400a "why"`}
		out["authorize-security-group-"+way.twin] = []awsops.Values{
			{"group": {"web"}, "cidr-ip": {"192.0.2.0/24"}, "from-port": {"8443"}},
			{"group": {"web"}, "cidr-ipv6": {"2001:db8::/32"}, "ip-protocol": {"icmpv6"}, "from-port": {"128"}},
			{"group": {"web"}, "prefix-list": {"pl-63a5400a"}, "ip-protocol": {"all"}},
			{"group": {"web"}, "rule": lines},
			{"group": {"web"}, "source-group": {"db"}, "ip-protocol": {"tcp+udp+icmp"}},
			{"group": {"web"}, "source-group": {"db"}},
		}
		out["revoke-security-group-"+way.twin] = []awsops.Values{
			{"group": {"web"}, "cidr-ip": {"0.0.0.0/0"}, "from-port": {"80"}},
			{"group": {"db"}, "rule-ids": {map[string]string{"from": "sgr-0aa00000000000003", "to": "sgr-0aa00000000000006"}[way.word]}},
			{"group": {"db"}, "rule": {"udp/8080-8090 " + way.word + " sg-0aa00000000000011"}},
		}
		out["update-security-group-rule-descriptions-"+way.twin] = []awsops.Values{
			{"group": {"db"}, "rule": {"udp/8080-8090 " + way.word + ` sg-0aa00000000000011 "said otherwise"`}},
			{"group": {"db"}, "rule-ids": {map[string]string{"from": "sgr-0aa00000000000003", "to": "sgr-0aa00000000000006"}[way.word]}},
		}
	}
	return out
}

// refusedByFleet is what the small fleet answers to an example that sets
// every input at once.
func refusedByFleet() map[string]string {
	return map[string]string{
		"stop-instances": "UnsupportedHibernationConfiguration", "release-address": "InvalidAddress.NotFound",
		// The further ones ask for what is not there, or for another kind of peer.
		"bundle-instance": "UnsupportedOperation", "cancel-bundle-task": "UnsupportedOperation", "get-bundle-task-details": "InvalidBundleID.NotFound", "describe-bundle-tasks": "InvalidBundleID.NotFound",
		"modify-image-attribute":       "UnsupportedOperation", // product codes
		"revoke-security-group-egress": "InvalidPermission.NotFound", "modify-security-group-rules": "AnotherRule",
	}
}

// TestWire holds the exact requests of each operation's example, and runs
// them on the simulator.
func TestWire(t *testing.T) {
	known := map[string]bool{}
	for _, op := range awsops.All() {
		info := op.Info()
		known[info.Name+".txt"] = true
		t.Run(info.Name, func(t *testing.T) { wireGolden(t, info.Name, info.Name, info.Example) })
		for i, v := range further()[info.Name] {
			file := info.Name + ".further"
			if i > 0 {
				file += strconv.Itoa(i + 1)
			}
			known[file+".txt"] = true
			t.Run(file, func(t *testing.T) { wireGolden(t, info.Name, file, v) })
		}
	}
	files, err := os.ReadDir("../testdata/wire")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !known[f.Name()] {
			t.Errorf("testdata/wire/%s belongs to no operation", f.Name())
		}
	}
}

func wireGolden(t *testing.T, name, file string, v awsops.Values) {
	b := newBench(t)
	_, err := b.carry(t, name, v)
	if e := awsops.AsError(err); err != nil && (e == nil || e.Code != refusedByFleet()[name]) {
		t.Errorf("on the simulator: %v", err)
	}
	if op(t, name).Info().Report { // its requests run side by side
		slices.SortFunc(b.wire.sent, func(a, b url.Values) int { return strings.Compare(a.Get("Action"), b.Get("Action")) })
	}
	got := printed(b.wire.sent)
	path := filepath.Join("../testdata/wire", file+".txt")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the request has changed (-golden +sent); write it anew with -update:\n%s", diff)
	}
}

var tokens = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

var expires = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)

// printed is requests as parameters, one in each line.
func printed(sent []url.Values) []byte {
	var b bytes.Buffer
	for i, form := range sent {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, name := range slices.Sorted(maps.Keys(form)) {
			for _, value := range form[name] {
				if u, err := url.Parse(value); err == nil && name == "PresignedUrl" { // carries the time
					value = u.Host + " DestinationRegion=" + u.Query().Get("DestinationRegion")
				}
				switch name { // the policy carries the time, and the signature is of it
				case "Storage.S3.UploadPolicy":
					policy, _ := base64.StdEncoding.DecodeString(value)
					value = expires.ReplaceAllString(string(policy), "(time)")
				case "Storage.S3.UploadPolicySignature":
					value = "(signature)"
				}
				fmt.Fprintf(&b, "%s=%s\n", name, tokens.ReplaceAllString(value, "(random)"))
			}
		}
	}
	return b.Bytes()
}

// TestEveryInputCounts proves that no input is declared in vain: one that is
// sent stands in a golden and changes the request when it is left out; one
// that shapes the output changes that.
func TestEveryInputCounts(t *testing.T) {
	if testing.Short() {
		t.Skip("is run without the race detector")
	}
	for _, op := range awsops.All() {
		info := op.Info()
		for _, f := range info.Fields {
			t.Run(info.Name+"/"+f.Name, func(t *testing.T) {
				if f.File { // TestFilesCount
					return
				}
				if info.Report && !f.Sent { // TestTheReportIsDelivered of cmd/ec2deck
					return
				}
				if f.Name == "display-key-format" { // TestEventsAreKeyedAsAsked
					return
				}
				if info.Name == "copy-image" && f.Name == "destination-region" { // chooses who is asked: TestACopyOfAnImageIsMadeInTheOtherRegion
					return
				}
				if f.Name == "status-checks" { // TestAWaitThatEndsTooEarlyTellsTheLastState
					return
				}
				if f.Splits {
					splitsLists(t, info, f.Name)
					return
				}
				if !f.Sent {
					changesOutput(t, info, f.Name)
					return
				}
				for _, v := range append([]awsops.Values{info.Example}, further()[info.Name]...) {
					if len(v[f.Name]) > 0 {
						changesRequest(t, info, f, v)
						return
					}
				}
				t.Fatal("is set in no golden")
			})
		}
	}
}

// carry runs an operation and, if it is a flow, all its steps.
func (b *bench) carry(t *testing.T, name string, v awsops.Values) (awsops.Result, error) {
	r := b.request(t, name, v)
	res, err := b.Run(t.Context(), r)
	if err != nil {
		return res, err
	}
	return b.Follow(t.Context(), r, res, false, func(string) {}, b.clock.sleep)
}

func changesRequest(t *testing.T, info awsops.Info, f awsops.FieldInfo, v awsops.Values) {
	b := newBench(t)
	_, _ = b.carry(t, info.Name, v) // TestWire looks at the outcome
	with := printed(b.wire.sent)
	said := strings.ToLower(string(with)) // an attribute is the name of a parameter
	for _, value := range v[f.Name] {
		// What the words of a rule and the parts of a copy become is for the golden to say.
		_, after, pair := strings.Cut(value, "=")
		if f.Kind == awsops.KindMap && pair {
			value = after
		}
		encoded := base64.StdEncoding.EncodeToString([]byte(value))                                                                                   // the SDK encodes bytes
		decides := slices.Contains([]string{"rule", "copy", "start-again", "add-devices", "keep-devices", "delete-devices", "s3-access-key"}, f.Name) // which is for the golden to show
		if !decides && !strings.Contains(said, strings.ToLower(value)) && !strings.Contains(said, strings.ToLower(encoded)) {
			t.Errorf("%q is not in the requests\n%s", value, with)
		}
	}
	without := maps.Clone(v)
	delete(without, f.Name)
	other := newBench(t)
	_, err := other.carry(t, info.Name, without)
	refused := awsops.ExitCode(err) == int(awsops.BadInput) && len(other.wire.sent) == 0
	switch {
	case f.Need == awsops.Required && !refused:
		t.Errorf("left out, although required: %v, %d requests", err, len(other.wire.sent))
	case f.Need == awsops.Conditional && refused: // the rest makes no sense without it
	case f.Need != awsops.Required && bytes.Equal(with, printed(other.wire.sent)):
		t.Errorf("leaving it out does not change the requests")
	}
}

// changesOutput runs a listing, or one row of it, with two delimiters.
func changesOutput(t *testing.T, info awsops.Info, name string) {
	b := newBench(t)
	if info.Noun == "bundle task" { // EC2 has none any more
		b = legacyBench(t)
	}
	v := awsops.Values{}
	if target := info.Target(); target != "" {
		v = v.With(target, info.Example[target]...)
		if info.Noun == "instance" {
			v = v.With(target, "i-0aa00000000000009") // is in two groups
		}
	}
	if info.Name == "describe-launch-template-versions" {
		v = awsops.Values{"launch-template": {"web"}, "versions": {"3"}} // is for two groups
	}
	if info.Name == "run-instances" {
		v = awsops.Values{"image-id": {"ami-0aa00000000000001"}, "instance-type": {"t3.micro"}, "min-count": {"2"}}
	}
	if info.Name == "describe-volumes-modifications" { // of volumes that nobody has modified there is none
		for _, id := range v["volume-ids"] {
			b.run(t, "modify-volume", awsops.Values{"volume-id": {id}, "size": {"600"}})
		}
	}
	res, err := b.Run(t.Context(), b.request(t, info.Name, v))
	if err != nil {
		t.Fatal(err)
	}
	format := "text"
	if info.Name == "describe-availability-zones" || info.Name == "run-instances" {
		format = "table" // its lists stand beside the rows
	}
	var plain, other bytes.Buffer
	if err := awsops.NewPrint(format, info, v).Write(&plain, res, 0); err != nil {
		t.Fatal(err)
	}
	if err := awsops.NewPrint(format, info, v.With(name, "§")).Write(&other, res, 0); err != nil {
		t.Fatal(err)
	}
	if plain.String() == other.String() || !strings.Contains(other.String(), "§") {
		t.Errorf("--%s § does not change the output:\n%s", name, other.String())
	}
}

// splitsLists gives a list in one piece.
func splitsLists(t *testing.T, info awsops.Info, name string) {
	for _, v := range append([]awsops.Values{info.Example}, further()[info.Name]...) {
		for _, f := range info.Fields {
			if f.Kind != awsops.KindList || len(v[f.Name]) == 0 {
				continue
			}
			whole := v.With(f.Name, strings.Join(append(slices.Clone(v[f.Name]), v[f.Name][0]), "§"))
			b, other := newBench(t), newBench(t)
			b.run(t, info.Name, v)
			other.run(t, info.Name, whole.With(name, "§"))
			if diff := cmp.Diff(string(printed(b.wire.sent)), string(printed(other.wire.sent))); diff != "" {
				t.Errorf("%s (-list +in one piece):\n%s", f.Name, diff)
			}
			if err := op(t, info.Name).Validate(whole); awsops.ExitCode(err) != 2 {
				t.Errorf("%s is split without the delimiter: %v", f.Name, err)
			}
			return
		}
	}
	t.Error("no list is given in any golden")
}

func op(t *testing.T, name string) awsops.Operation {
	t.Helper()
	found, ok := awsops.Find(name)
	if !ok {
		t.Fatalf("no operation %s", name)
	}
	return found
}
