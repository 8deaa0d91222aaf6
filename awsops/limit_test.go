package awsops_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"
)

func dev(values ...string) awsops.Policy {
	return awsops.Policy{Role: "dev", Tags: awsops.TagLimit{{Key: "Tier", Values: values}}}
}

// limitedBench is a session of a role that is limited to tags.
func limitedBench(t *testing.T, p awsops.Policy) *bench {
	t.Helper()
	return newBench(t, func(s *awsops.Settings) { s.Policy = awsops.Fixed(p) })
}

// tag puts a tag on a thing, past every role.
func (b *bench) tag(t *testing.T, key, value string, ids ...string) {
	t.Helper()
	s := newSessionOn(b, awsops.Policy{})
	if _, err := s.Open(t.Context(), "test"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run(t.Context(), b.request(t, "create-tags", awsops.Values{"resource-ids": ids, "tag-key": {key}, "tag-value": {value}})); err != nil {
		t.Fatal(err)
	}
	b.wire.sent = nil
}

// newSessionOn is another session on the same account.
func newSessionOn(b *bench, p awsops.Policy) *awsops.Session {
	s := b.settings
	s.Policy = awsops.Fixed(p)
	return awsops.NewSession(s)
}

// ofFleet are IDs that the small fleet has, and that no role's tags cover: all
// but those of networks.
var ofFleet = regexp.MustCompile(`\b(i|vol|snap|sg|sgr|eni|eipalloc|key|lt|bun)-[0-9a-f]{8,17}\b`)

// TestNothingPassesATagLimit runs every operation in a role whose tags nothing
// carries. What it may do is create, and that is tagged; what it may see are
// kinds, regions, networks and other people's images.
func TestNothingPassesATagLimit(t *testing.T) {
	for _, op := range awsops.All() {
		info := op.Info()
		inputs := append(further()[info.Name], info.Example)
		if info.Risk == awsops.Reads && op.Validate(nil) == nil { // all that there is
			inputs = append(inputs, nil)
		}
		for _, v := range inputs {
			t.Run(info.Name, func(t *testing.T) { runBeyond(t, info, v) })
		}
	}
}

func runBeyond(t *testing.T, info awsops.Info, v awsops.Values) {
	b := limitedBench(t, dev("nowhere", "else"))
	given := fmt.Sprint(v)
	res, err := b.Run(t.Context(), b.request(t, info.Name, v))
	if err == nil && info.Risk == awsops.Reads {
		for _, id := range ofFleet.FindAllString(everything(t, res), -1) {
			if !strings.Contains(given, id) {
				t.Errorf("tells of %s", id)
			}
		}
	}
	for _, form := range b.wire.sent {
		action := form.Get("Action")
		if strings.HasPrefix(action, "Describe") || strings.HasPrefix(action, "Get") {
			continue
		}
		if !madeWith(form, "Tier", "nowhere") {
			t.Errorf("%s was sent: %v", action, form)
		}
	}
}

// everything is all that a result tells.
func everything(t *testing.T, res awsops.Result) string {
	t.Helper()
	text, err := json.Marshal(res)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// madeWith says that whatever the request makes carries a tag.
func madeWith(form url.Values, key, value string) bool {
	ok := false
	for i := 1; form.Has(fmt.Sprintf("TagSpecification.%d.ResourceType", i)); i++ {
		ok = false
		for j := 1; form.Has(fmt.Sprintf("TagSpecification.%d.Tag.%d.Key", i, j)); j++ {
			tag := fmt.Sprintf("TagSpecification.%d.Tag.%d.", i, j)
			ok = ok || form.Get(tag+"Key") == key && form.Get(tag+"Value") == value
		}
		if !ok {
			return false
		}
	}
	return ok
}

// TestStatusesOfOthersAreTakenOut asks as the table of instances does.
func TestStatusesOfOthersAreTakenOut(t *testing.T) {
	for value, want := range map[string]bool{"test": true, "nowhere": false} {
		b := limitedBench(t, awsops.Policy{Role: "r", Tags: awsops.TagLimit{{Key: "Env", Values: []string{value}}}})
		client, err := b.Client(b.scope)
		if err != nil {
			t.Fatal(err)
		}
		statuses, err := client.DescribeInstanceStatus(t.Context(), &ec2.DescribeInstanceStatusInput{})
		if err != nil || len(statuses.InstanceStatuses) > 0 != want {
			t.Errorf("%s: %d instances, %v", value, len(statuses.InstanceStatuses), err)
		}
	}
}

func TestTagLimit(t *testing.T) {
	const in, out, sg, volume = "i-0aa00000000000001", "i-0aa00000000000002", "sg-0aa00000000000011", "vol-0aa00000000000011"
	for _, test := range []struct {
		name, operation string
		values          awsops.Values
		code, says      string // of the refusal; "" is let through
	}{
		{"what carries the tag", "stop-instances", ids(in), "", ""},
		{"what does not", "stop-instances", ids(out), "RoleTags", "the role dev is limited to Tier=dev|test, and " + out + " does not carry that"},
		{"both are refused together", "stop-instances", ids(in, out), "RoleTags", out},
		{"a dry run tells as much", "stop-instances", ids(out), "RoleTags", out},
		{"both ends of an attachment count", "attach-volume", awsops.Values{"volume-id": {volume}, "instance-id": {in}}, "RoleTags", volume},
		{"the limiting key", "create-tags", awsops.Values{"resource-ids": {in}, "tag-key": {"Tier"}, "tag-value": {"prod"}}, "RoleTags", "the tag Tier may not be changed"},
		{"not even to another value of it", "create-tags", awsops.Values{"resource-ids": {in}, "tag-key": {"Tier"}, "tag-value": {"test"}}, "RoleTags", "the tag Tier may not be changed"},
		{"another key", "create-tags", awsops.Values{"resource-ids": {in}, "tag-key": {"Owner"}, "tag-value": {"ada"}}, "", ""},
		{"deleting the limiting key", "delete-tags", awsops.Values{"resource-ids": {in}, "tag-key": {"Tier"}}, "RoleTags", "the tag Tier may not be changed"},
		{"tags of a network are everybody's", "create-tags", awsops.Values{"resource-ids": {"vpc-0aa00000000000001"}, "tag-key": {"Owner"}, "tag-value": {"ada"}}, "RoleTags", "vpc-0aa00000000000001"},
		{"what is made", "create-volume", awsops.Values{"size": {"1"}, "availability-zone": {"us-east-1a"}}, "", ""},
		{"made with a value that is allowed", "create-volume", awsops.Values{"size": {"1"}, "availability-zone": {"us-east-1a"}, "tags": {"Tier=test"}}, "", ""},
		{"made with one that is not", "create-volume", awsops.Values{"size": {"1"}, "availability-zone": {"us-east-1a"}, "tags": {"Tier=prod"}}, "RoleTags", "Tier=prod is beyond that"},
		{"data of others", "create-volume", awsops.Values{"snapshot-id": {"snap-0aa00000000000012"}, "availability-zone": {"us-east-1a"}}, "RoleTags", "snap-0aa00000000000012"},
		{"a launch from AWS's image", "run-instances", awsops.Values{"image-id": {"ami-0aa00000000000001"}, "instance-type": {"t3.micro"}, "security-groups": {sg}}, "RoleTags", sg},
		{"with somebody else's key", "run-instances", awsops.Values{"image-id": {"ami-0aa00000000000001"}, "instance-type": {"t3.micro"}, "key-name": {"ops"}}, "RoleTags", "ops does not carry"},
		{"a plain one", "run-instances", awsops.Values{"image-id": {"ami-0aa00000000000001"}, "instance-type": {"t3.micro"}}, "", ""},
		{"nothing named", "describe-launch-template-versions", awsops.Values{"launch-template": {"web"}}, "RoleTags", "web"},
		{"reading one thing", "get-console-output", awsops.Values{"instance-id": {out}}, "RoleTags", out},
		{"reading one's own", "get-console-output", awsops.Values{"instance-id": {in}}, "", ""},
		{"a listing of another value", "describe-instances", awsops.Values{"filters": {"tag:Tier=prod"}}, "RoleTags", "Tier=prod is beyond that"},
		{"a listing of one of the values", "describe-instances", awsops.Values{"filters": {"tag:Tier=dev"}}, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := limitedBench(t, dev("dev", "test"))
			b.tag(t, "Tier", "dev", in)
			r := b.request(t, test.operation, test.values)
			r.DryRun = strings.Contains(test.name, "dry run")
			_, err := b.Run(t.Context(), r)
			e := awsops.AsError(err)
			switch {
			case test.code == "" && err != nil:
				t.Fatal(err)
			case test.code != "" && (e == nil || e.Code != test.code || e.Class != awsops.Forbidden || !strings.Contains(e.Message, test.says)):
				t.Fatalf("%v", err)
			case test.code != "" && b.changed() != "":
				t.Errorf("%s reached EC2", b.changed())
			}
			if sent := b.wire.sent; test.code == "" && strings.HasPrefix(test.operation, "create-volume") {
				want := "dev"
				if strings.Contains(test.name, "is allowed") {
					want = "test"
				}
				if !madeWith(sent[len(sent)-1], "Tier", want) {
					t.Errorf("not tagged: %v", sent)
				}
			}
		})
	}
}

// changed is the last change that was sent.
func (b *bench) changed() string {
	for _, form := range slices.Backward(b.wire.sent) {
		if a := form.Get("Action"); !strings.HasPrefix(a, "Describe") && !strings.HasPrefix(a, "Get") {
			return a
		}
	}
	return ""
}

func TestTagsAreReadWhenTheGateDecides(t *testing.T) {
	const id = "i-0aa00000000000001"
	b := limitedBench(t, dev("dev"))
	b.tag(t, "Tier", "dev", id)
	if _, err := b.Run(t.Context(), b.request(t, "reboot-instances", ids(id))); err != nil {
		t.Fatal(err)
	}
	b.tag(t, "Tier", "prod", id)
	if _, err := b.Run(t.Context(), b.request(t, "reboot-instances", ids(id))); awsops.AsError(err) == nil || awsops.AsError(err).Code != "RoleTags" {
		t.Fatalf("still allowed: %v", err)
	}
}

func TestARoleIsAskedForAtEveryCall(t *testing.T) {
	policy := awsops.Policy{Role: "ops"}
	b := newBench(t, func(s *awsops.Settings) { s.Policy = func() awsops.Policy { return policy } })
	client, err := b.Client(b.scope) // kept by a listing that is under way
	if err != nil {
		t.Fatal(err)
	}
	list := func() error {
		for _, err := range awsops.Volumes(t.Context(), client) {
			return err
		}
		return nil
	}
	for _, test := range []struct {
		policy              awsops.Policy
		read, change, scope string // codes of the refusals
	}{
		{awsops.Policy{Role: "ops"}, "", "", ""},
		{awsops.Policy{Role: "viewer", Refuses: awsops.Changes}, "", "RoleRisk", ""},
		{awsops.Policy{Refuses: awsops.Changes}, "", "ReadOnly", ""},
		{awsops.Policy{Role: "ops", Refuses: awsops.Destroys}, "", "", ""},
		{awsops.Policy{Role: "eu", Regions: []string{"eu-west-1"}}, "RoleScope", "RoleScope", "RoleScope"},
		{awsops.Policy{Role: "all", Regions: []string{"all"}, Profiles: []string{"test"}}, "", "", ""},
		{awsops.Policy{Role: "other", Profiles: []string{"other"}}, "RoleScope", "RoleScope", "RoleScope"},
		{awsops.Policy{Shut: "ada has no role any more"}, "NoRole", "NoRole", "NoRole"},
	} {
		policy = test.policy
		_, change := b.Run(t.Context(), b.request(t, "start-instances", ids("i-0aa00000000000001")))
		_, scope := b.Client(b.scope)
		got := []string{code(list()), code(change), code(scope)}
		if diff := cmp.Diff([]string{test.read, test.change, test.scope}, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.policy, diff)
		}
		if n := len(b.Scopes()); (n == 0) != (test.scope != "") {
			t.Errorf("%+v: %d scopes", test.policy, n)
		}
	}
	policy = awsops.Policy{Role: "ops", Refuses: awsops.Destroys}
	_, err = b.Run(t.Context(), b.request(t, "terminate-instances", ids("i-0aa00000000000001")))
	if e := awsops.AsError(err); e == nil || e.Message != `terminate-instances is refused: its risk is "destroy" and the role ops ends at "disrupt"` {
		t.Error(err)
	}
}

func code(err error) string {
	if e := awsops.AsError(err); e != nil {
		return e.Code
	}
	return ""
}

func TestRegionsOfACopyAreThoseOfTheRole(t *testing.T) {
	b := limitedBench(t, awsops.Policy{Role: "us", Regions: []string{"us-east-1"}})
	_, err := b.Run(t.Context(), b.request(t, "copy-snapshot", awsops.Values{"snapshot-id": {"snap-0aa00000000000011"}, "destination-region": {"eu-west-1"}}))
	if e := awsops.AsError(err); e == nil || e.Code != "RoleScope" || b.changed() != "" {
		t.Errorf("%v, sent %s", err, b.changed())
	}
}

func TestWhatARoleAddsIsTold(t *testing.T) {
	for name, want := range map[string]string{
		"create-volume":  "The role dev adds Tier=dev to what is created, where no value of it is given.",
		"stop-instances": "", "describe-volumes": "",
	} {
		op, _ := awsops.Find(name)
		if got := dev("dev", "test").Adds(op.Info()); got != want {
			t.Errorf("%s: %q", name, got)
		}
		if got := (awsops.Policy{Role: "ops"}).Adds(op.Info()); got != "" {
			t.Errorf("%s, without tags: %q", name, got)
		}
	}
}

// TestARoleSeesItsOwn lists everything in a role whose tags some things carry.
func TestARoleSeesItsOwn(t *testing.T) {
	b := limitedBench(t, awsops.Policy{Role: "test", Tags: awsops.TagLimit{{Key: "Env", Values: []string{"test"}}}})
	for operation, want := range map[string]string{
		"describe-instances": "i-0aa00000000000002", "describe-volumes": "vol-0aa00000000000011", "describe-snapshots": "snap-0aa00000000000011",
		"describe-images": "ami-0aa00000000000007", "describe-addresses": "eipalloc-0aa00000000000001", "describe-tags": "i-0aa00000000000002",
		"describe-volume-status": "vol-0aa00000000000011", "describe-regions": "us-east-1",
		"list-instances": "i-0aa00000000000002",
	} {
		if _, ok := awsops.Find(operation); !ok {
			t.Errorf("there is no %s", operation)
			continue
		}
		res, err := b.Run(t.Context(), b.request(t, operation, nil))
		if err != nil || !strings.Contains(everything(t, res), want) {
			t.Errorf("%s: no %s: %v %s", operation, want, err, everything(t, res))
		}
	}
	for operation, values := range map[string]awsops.Values{
		"describe-instances": {"instance-ids": {"i-0aa00000000000002"}}, "describe-addresses": {"public-ips": {"192.0.2.10"}},
		"get-instance-details": {"instance-id": {"i-0aa00000000000001"}},
	} {
		if _, err := b.Run(t.Context(), b.request(t, operation, values)); err != nil {
			t.Errorf("%s: %v", operation, err)
		}
	}
}

// TestALookupThatFailsIsNoRefusal keeps the two apart.
func TestALookupThatFailsIsNoRefusal(t *testing.T) {
	b := limitedBench(t, dev("dev"))
	b.sim.Inject(ec2sim.Fault{Action: "DescribeTags", Code: "UnauthorizedOperation", Message: "no", Status: 403})
	_, err := b.Run(t.Context(), b.request(t, "stop-instances", ids("i-0aa00000000000001")))
	if e := awsops.AsError(err); e == nil || e.Code != "UnauthorizedOperation" || e.Class != awsops.Denied || b.changed() != "" {
		t.Errorf("%v, sent %q", err, b.changed())
	}
}
