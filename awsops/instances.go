package awsops

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Instance is an instance as its table keeps it: what columns, filters and
// actions use. Tens of thousands of them are held at once, so the whole object
// (5 kB) is fetched when its details open; see InspectInstance. What many have
// in common they share.
type Instance struct {
	*InstanceKind
	ID, Name, State, Reason string
	PublicIP, PrivateIP     string
	PublicDNS, PrivateDNS   string
	Reservation             string
	Launched                time.Time
	checks                  *Checks // nil is unknown; never changed, as others may have it too
}

// InstanceKind is what many instances have in common. It is shared by them, and
// nobody changes it.
type InstanceKind struct {
	Type, Zone, Image, Key    string
	VPC, Subnet, Owner        string
	Platform, Arch, Lifecycle string
	RootType, Monitoring      string
	Profile                   string
	Tokens                    string // of its metadata: required or optional
	Hibernates                bool
	Groups                    []Group
	Named                     bool  // there is a tag Name
	Others                    []Tag // by key, without the first tag Name
}

// Tags are all tags, by key.
func (i Instance) Tags() []Tag {
	if !i.Named {
		return i.Others
	}
	at := 0
	for at < len(i.Others) && i.Others[at].Key < nameTag {
		at++
	}
	tags := make([]Tag, 0, len(i.Others)+1)
	return append(append(append(tags, i.Others[:at]...), Tag{nameTag, i.Name}), i.Others[at:]...)
}

// Checks are the status checks, as far as they are known.
func (i Instance) Checks() Checks {
	if i.checks == nil {
		return Checks{}
	}
	return *i.checks
}

// Unchecked is the instance in a state whose checks are not known.
func (i Instance) Unchecked(state string) Instance {
	i.State, i.checks = state, nil
	return i
}

// Checked is the instance with the checks of another.
func (i Instance) Checked(as Instance) Instance {
	i.checks = as.checks
	return i
}

// Same says that a listing tells nothing new about the instance. What is listed
// without checks says nothing about them.
func (i Instance) Same(listed Instance) bool {
	if listed.checks != nil && listed.checks != i.checks && *listed.checks != i.Checks() || !i.InstanceKind.same(listed.InstanceKind) {
		return false
	}
	i.InstanceKind, i.checks = listed.InstanceKind, listed.checks
	return i == listed
}

func (k *InstanceKind) same(as *InstanceKind) bool {
	return k == as || k.Type == as.Type && k.Zone == as.Zone && k.Image == as.Image && k.Key == as.Key &&
		k.VPC == as.VPC && k.Subnet == as.Subnet && k.Owner == as.Owner && k.Platform == as.Platform && k.Arch == as.Arch &&
		k.Lifecycle == as.Lifecycle && k.RootType == as.RootType && k.Monitoring == as.Monitoring && k.Profile == as.Profile &&
		k.Tokens == as.Tokens && k.Hibernates == as.Hibernates && k.Named == as.Named &&
		slices.Equal(k.Groups, as.Groups) && slices.Equal(k.Others, as.Others)
}

// Tag is a tag of a resource.
type Tag struct{ Key, Value string }

// Group is a security group that an instance is in.
type Group struct{ ID, Name string }

// Checks sums up the status checks of a running instance.
type Checks struct {
	Passed, Of int
	// Worst is "ok", "initializing", "insufficient-data" or "impaired"; "" means unknown.
	Worst string
	// Since is since when a check has failed; the zero time is unknown.
	Since time.Time
	// Event is the code of the next scheduled event, or "".
	Event string
}

// String is the sum as the table shows it: "3/3", "2/3 impaired".
func (c Checks) String() string {
	switch c.Worst {
	case "":
		return ""
	case "ok":
		return fmt.Sprintf("%d/%d", c.Passed, c.Of)
	case "initializing":
		return "init"
	}
	return fmt.Sprintf("%d/%d %s", c.Passed, c.Of, c.Worst)
}

// InstancesByID reads single instances. IDs that EC2 does not list are left out.
func InstancesByID(ctx context.Context, client *ec2.Client, ids []string) ([]Instance, error) {
	scans := newInstanceScans()
	var rows []Instance
	for chunk := range slices.Chunk(ids, filterValues) {
		err := everyPage(func(token *string) (*string, error) {
			page, next, err := scans.describe(ctx, client, &ec2.DescribeInstancesInput{Filters: filtersOn("instance-id", chunk...), MaxResults: aws.Int32(fullPage), NextToken: token})
			rows = append(rows, page...)
			return next, err
		})
		if err != nil {
			return nil, err
		}
	}
	running := map[string]int{}
	for i, row := range rows {
		if row.State == string(types.InstanceStateNameRunning) {
			running[row.ID] = i
		}
	}
	for chunk := range slices.Chunk(slices.Sorted(mapKeys(running)), statusIDs) {
		found, _, err := scans.checks(ctx, client, &ec2.DescribeInstanceStatusInput{InstanceIds: chunk, IncludeAllInstances: aws.Bool(true)})
		if err != nil {
			return rows, err
		}
		for _, c := range found {
			if at, ok := running[c.id]; ok {
				rows[at].checks = c.Checks
			}
		}
	}
	return rows, nil
}

func mapKeys[V any](m map[string]V) iter.Seq[string] {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// describeByFilter asks by the filter instance-id, which, unlike the parameter,
// does not fail for IDs that are gone.
func describeByFilter(ctx context.Context, client *ec2.Client, ids []string, found func([]types.Reservation)) error {
	for chunk := range slices.Chunk(ids, filterValues) {
		if err := instancesWhere(ctx, client, filtersOn("instance-id", chunk...), found); err != nil {
			return err
		}
	}
	return nil
}

// instanceNamed reads an instance that must be there.
func instanceNamed(ctx context.Context, client *ec2.Client, id string) (types.Instance, error) {
	i, _, err := readInstance(ctx, client, "describe-instances", id)
	return i, err
}

// readInstance is instanceNamed for an operation, whose errors bear its name
// and leave no doubt that nothing has changed. It also tells the ID of its request.
func readInstance(ctx context.Context, client *ec2.Client, operation, id string) (types.Instance, string, error) {
	out, err := client.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		return types.Instance{}, "", explain(err, operation, client.Options().Region, false)
	}
	requestID := requestIDOf(out.ResultMetadata)
	for _, r := range out.Reservations {
		if len(r.Instances) > 0 {
			return r.Instances[0], requestID, nil
		}
	}
	return types.Instance{}, requestID, notFound(operation, "InvalidInstanceID.NotFound", "The instance ID '"+id+"' does not exist", client.Options().Region)
}

func instancesWhere(ctx context.Context, client *ec2.Client, filters []types.Filter, found func([]types.Reservation)) error {
	return everyPage(func(token *string) (*string, error) {
		out, err := client.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: filters, MaxResults: aws.Int32(fullPage), NextToken: token})
		if err != nil {
			return nil, explain(err, "describe-instances", client.Options().Region, false)
		}
		if len(out.Reservations) > 0 {
			found(out.Reservations)
		}
		return out.NextToken, nil
	})
}

// statusIDs is the most IDs that DescribeInstanceStatus takes.
const statusIDs = 100

func statusesOf(ctx context.Context, client *ec2.Client, ids []string) ([]types.InstanceStatus, error) {
	var out []types.InstanceStatus
	for chunk := range slices.Chunk(ids, statusIDs) {
		answer, err := client.DescribeInstanceStatus(ctx, &ec2.DescribeInstanceStatusInput{InstanceIds: chunk, IncludeAllInstances: aws.Bool(true)})
		if err != nil {
			return out, explain(err, "describe-instance-status", client.Options().Region, false)
		}
		out = append(out, answer.InstanceStatuses...)
	}
	return out, nil
}

func instanceRows(reservations []types.Reservation) []Instance {
	var rows []Instance
	for _, r := range reservations {
		for _, i := range r.Instances {
			rows = append(rows, instanceRow(r, i))
		}
	}
	return rows
}

func instanceRow(r types.Reservation, i types.Instance) Instance {
	kind := &InstanceKind{
		Type: string(i.InstanceType), Image: aws.ToString(i.ImageId), Key: aws.ToString(i.KeyName),
		VPC: aws.ToString(i.VpcId), Subnet: aws.ToString(i.SubnetId), Owner: aws.ToString(r.OwnerId),
		Platform: PlatformOf(i), Arch: string(i.Architecture), Lifecycle: string(i.InstanceLifecycle), RootType: string(i.RootDeviceType),
	}
	row := Instance{
		InstanceKind: kind, ID: aws.ToString(i.InstanceId), Reason: aws.ToString(i.StateTransitionReason),
		PublicIP: aws.ToString(i.PublicIpAddress), PrivateIP: aws.ToString(i.PrivateIpAddress),
		PublicDNS: aws.ToString(i.PublicDnsName), PrivateDNS: aws.ToString(i.PrivateDnsName),
		Reservation: aws.ToString(r.ReservationId), Launched: aws.ToTime(i.LaunchTime),
	}
	if i.Placement != nil {
		kind.Zone = aws.ToString(i.Placement.AvailabilityZone)
	}
	if i.State != nil {
		row.State = string(i.State.Name)
	}
	if i.Monitoring != nil {
		kind.Monitoring = string(i.Monitoring.State)
	}
	if i.IamInstanceProfile != nil {
		_, kind.Profile, _ = strings.Cut(aws.ToString(i.IamInstanceProfile.Arn), "/")
	}
	if i.MetadataOptions != nil {
		kind.Tokens = string(i.MetadataOptions.HttpTokens)
	}
	kind.Hibernates = i.HibernationOptions != nil && aws.ToBool(i.HibernationOptions.Configured)
	for _, g := range i.SecurityGroups {
		kind.Groups = append(kind.Groups, Group{aws.ToString(g.GroupId), aws.ToString(g.GroupName)})
	}
	for _, t := range tagsOf(i.Tags) {
		if t.Key == nameTag && !kind.Named {
			kind.Named, row.Name = true, t.Value
			continue
		}
		kind.Others = append(kind.Others, t)
	}
	return row
}

// PlatformOf says what an instance runs. Platform is empty for Linux, and has
// been seen as both Windows and windows.
func PlatformOf(i types.Instance) string {
	if d := aws.ToString(i.PlatformDetails); d != "" {
		return d
	}
	if strings.EqualFold(string(i.Platform), "windows") {
		return "Windows"
	}
	return string(i.Platform)
}

func tagsOf(tags []types.Tag) []Tag {
	out := make([]Tag, len(tags))
	for k, t := range tags {
		out[k] = Tag{aws.ToString(t.Key), aws.ToString(t.Value)}
	}
	sortBy(out, func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// nameTag is the key of the tag that the console shows as a name.
const nameTag = "Name"

// TagValue is the value of a tag, or "".
func TagValue(tags []Tag, key string) string {
	for _, t := range tags {
		if t.Key == key {
			return t.Value
		}
	}
	return ""
}

// checksOf counts the checks that apply and keeps the worst.
func checksOf(s types.InstanceStatus) Checks {
	var c Checks
	count := func(status string) {
		if status == "" || status == string(types.SummaryStatusNotApplicable) {
			return
		}
		c.Of++
		if status == "ok" {
			c.Passed++
		}
		if rank(status) > rank(c.Worst) {
			c.Worst = status
		}
	}
	if s.SystemStatus != nil {
		count(string(s.SystemStatus.Status))
	}
	if s.InstanceStatus != nil {
		count(string(s.InstanceStatus.Status))
	}
	if s.AttachedEbsStatus != nil {
		count(string(s.AttachedEbsStatus.Status))
	}
	c.Since = aws.ToTime(ImpairedSince(&s))
	var next time.Time
	for _, e := range s.Events {
		at := aws.ToTime(e.NotBefore)
		if eventDone(e) || !next.IsZero() && at.After(next) {
			continue
		}
		next, c.Event = at, string(e.Code)
	}
	return c
}

func rank(status string) int {
	return slices.Index([]string{"", "ok", "initializing", "insufficient-data", "impaired"}, status)
}

// InstanceDetail is everything about one instance.
type InstanceDetail struct {
	types.Instance
	Reservation types.Reservation // without its instances
	Status      *types.InstanceStatus
	Volumes     []types.Volume
	// Protection holds the attributes that DescribeInstances does not tell, by
	// EC2's name; a value that could not be read is the error's code.
	Protection map[string]string
}

// InspectInstance fetches everything about one instance. What the caller may
// not read is left out rather than failing the rest.
func InspectInstance(ctx context.Context, client *ec2.Client, id string) (InstanceDetail, error) {
	var d InstanceDetail
	err := describeByFilter(ctx, client, []string{id}, func(rs []types.Reservation) {
		for _, r := range rs {
			for _, i := range r.Instances {
				d.Instance, d.Reservation = i, r
				d.Reservation.Instances = nil
			}
		}
	})
	if err != nil {
		return d, err
	}
	if d.InstanceId == nil {
		return d, &Error{Operation: "get-instance-details", Class: Refused, Code: "InvalidInstanceID.NotFound", Message: "The instance ID '" + id + "' does not exist", Hint: "It has been terminated for more than an hour."}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if s, err := statusesOf(ctx, client, []string{id}); err == nil && len(s) > 0 {
			d.Status = &s[0]
		}
	})
	wg.Go(func() {
		out, err := client.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: filtersOn("attachment.instance-id", id)})
		if err == nil {
			d.Volumes = out.Volumes
		}
	})
	wg.Go(func() { d.Protection = protection(ctx, client, id) })
	wg.Wait()
	return d, nil
}

// protection reads the attributes that cost one call each.
func protection(ctx context.Context, client *ec2.Client, id string) map[string]string {
	out := map[string]string{}
	for _, name := range []types.InstanceAttributeName{
		types.InstanceAttributeNameDisableApiTermination, types.InstanceAttributeNameDisableApiStop, types.InstanceAttributeNameInstanceInitiatedShutdownBehavior,
	} {
		a, err := client.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: aws.String(id), Attribute: name})
		switch {
		case err != nil:
			out[string(name)] = explain(err, "describe-instance-attribute", "", false).Code
		case a.DisableApiTermination != nil:
			out[string(name)] = fmt.Sprint(aws.ToBool(a.DisableApiTermination.Value))
		case a.DisableApiStop != nil:
			out[string(name)] = fmt.Sprint(aws.ToBool(a.DisableApiStop.Value))
		case a.InstanceInitiatedShutdownBehavior != nil:
			out[string(name)] = aws.ToString(a.InstanceInitiatedShutdownBehavior.Value)
		}
	}
	return out
}
