package awsops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Counter is one number of the dashboard.
type Counter struct {
	Name, Title string
	// Part is the listing in which it is counted; see DashboardParts.
	Part string
	// Kind and Query are the table that shows what has been counted.
	Kind, Query string
}

// Counters are the numbers of the dashboard: the seven of the catalogue, then
// what an operator looks for besides.
func Counters() []Counter {
	return []Counter{
		{"running", "Running instances", "instances", "instances", "state:running"},
		{"stopped", "Stopped instances", "instances", "instances", "state:stopped"},
		{"elastic-ips", "Elastic IPs", "addresses", "addresses", ""},
		{"volumes", "Volumes", "volumes", "volumes", ""},
		{"snapshots", "Snapshots", "snapshots", "snapshots", ""},
		{"key-pairs", "Key pairs", "key-pairs", "key-pairs", ""},
		{"security-groups", "Security groups", "security-groups", "groups", ""},
		{"other-states", "Instances in other states", "instances", "instances", "-state:running -state:stopped"},
		{"unassociated-addresses", "Unassociated addresses", "addresses", "addresses", "cost:unassociated"},
		{"unattached-volumes", "Unattached volumes", "volumes", "volumes", "state:available"},
		{"open-events", "Open events", "events", "events", "state:open"},
	}
}

// The charts of the dashboard, as a Tally names them.
const (
	ByType   = "instances by type"
	OnByType = "running instances by type"
	ByState  = "volumes by state"
	ByDay    = "launches by day" // in UTC
)

// Tally is what has been counted in one listing of one scope.
type Tally struct {
	Counts map[string]int            // by the name of the counter
	Charts map[string]map[string]int // by chart and label

	requestID string
}

// Add adds another tally.
func (t *Tally) Add(other Tally) {
	for name, n := range other.Counts {
		t.count(name, n)
	}
	for chart, bars := range other.Charts {
		for label, n := range bars {
			t.bar(chart, label, n)
		}
	}
}

func (t *Tally) count(name string, n int) {
	if t.Counts == nil {
		t.Counts = map[string]int{}
	}
	t.Counts[name] += n
}

func (t *Tally) bar(chart, label string, n int) {
	if t.Charts == nil {
		t.Charts = map[string]map[string]int{}
	}
	if t.Charts[chart] == nil {
		t.Charts[chart] = map[string]int{}
	}
	t.Charts[chart][label] += n
}

// part is a listing that is counted by itself.
type part struct {
	name  string
	count func(context.Context, *ec2.Client, *Tally) error
}

func dashboardParts() []part {
	return []part{
		{"instances", countInstances}, {"addresses", countAddresses}, {"volumes", countVolumes}, {"snapshots", countSnapshots},
		{"key-pairs", countKeyPairs}, {"security-groups", countGroups}, {"events", countEvents},
	}
}

// DashboardParts are the listings that the dashboard counts, each independent
// of the others.
func DashboardParts() []string {
	var names []string
	for _, p := range dashboardParts() {
		names = append(names, p.name)
	}
	return names
}

// CountPart counts one listing of a scope.
func CountPart(ctx context.Context, client *ec2.Client, name string) (Tally, error) {
	var t Tally
	for _, c := range Counters() {
		if c.Part == name {
			t.count(c.Name, 0)
		}
	}
	parts := dashboardParts()
	k := slices.IndexFunc(parts, func(p part) bool { return p.name == name })
	err := parts[k].count(ctx, client, &t)
	return t, err
}

func countInstances(ctx context.Context, client *ec2.Client, t *Tally) error {
	for page, err := range (instanceListing{client: client, scans: newInstanceScans()}).rows(ctx) {
		if err != nil {
			return err
		}
		for i := range page {
			t.instance(&page[i])
		}
	}
	return nil
}

func (t *Tally) instance(i *Instance) {
	switch state := i.State; state {
	case "running", "stopped":
		t.count(state, 1)
	default:
		t.count("other-states", 1)
	}
	if i.State == "terminated" { // no longer costs anything
		return
	}
	t.bar(ByType, i.Type, 1)
	if i.State == "running" {
		t.bar(OnByType, i.Type, 1)
	}
	t.bar(ByDay, i.Launched.UTC().Format(time.DateOnly), 1)
}

func countAddresses(ctx context.Context, client *ec2.Client, t *Tally) error {
	for page, err := range Addresses(ctx, client) {
		if err != nil {
			return err
		}
		t.count("elastic-ips", len(page))
		for _, a := range page {
			if a.AssociationId == nil && a.ServiceManaged == "" {
				t.count("unassociated-addresses", 1)
			}
		}
	}
	return nil
}

func countVolumes(ctx context.Context, client *ec2.Client, t *Tally) error {
	err := everyPage(func(token *string) (*string, error) {
		out, err := client.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{MaxResults: aws.Int32(volumePage), NextToken: token})
		if err != nil {
			return nil, explain(err, "describe-volumes", client.Options().Region, false)
		}
		t.requestID = requestIDOf(out.ResultMetadata)
		t.count("volumes", len(out.Volumes))
		for _, v := range out.Volumes {
			t.bar(ByState, string(v.State), 1)
			if v.State == types.VolumeStateAvailable {
				t.count("unattached-volumes", 1)
			}
		}
		return out.NextToken, nil
	})
	return err
}

func countSnapshots(ctx context.Context, client *ec2.Client, t *Tally) error {
	for page, err := range Snapshots(ctx, client) {
		if err != nil {
			return err
		}
		t.count("snapshots", len(page))
	}
	return nil
}

func countKeyPairs(ctx context.Context, client *ec2.Client, t *Tally) error {
	for page, err := range KeyPairs(ctx, client) {
		if err != nil {
			return err
		}
		t.count("key-pairs", len(page))
	}
	return nil
}

func countGroups(ctx context.Context, client *ec2.Client, t *Tally) error {
	for page, err := range SecurityGroups(ctx, client) {
		if err != nil {
			return err
		}
		t.count("security-groups", len(page))
	}
	return nil
}

func countEvents(ctx context.Context, client *ec2.Client, t *Tally) error {
	return everyPage(func(token *string) (*string, error) {
		in := scheduled(ec2.DescribeInstanceStatusInput{MaxResults: aws.Int32(fullPage), NextToken: token})
		out, err := client.DescribeInstanceStatus(ctx, in)
		if err != nil {
			return nil, explain(err, "describe-instance-status", client.Options().Region, false)
		}
		t.requestID = requestIDOf(out.ResultMetadata)
		for _, s := range out.InstanceStatuses {
			for _, e := range s.Events {
				if !eventDone(e) {
					t.count("open-events", 1)
				}
			}
		}
		return out.NextToken, nil
	})
}

// Uncounted is what stands in the place of a number that could not be read.
func Uncounted(err error) string {
	e := AsError(err)
	switch {
	case e == nil:
		return "failed"
	case e.Code == "NoCredentials", e.Code == "HalfCredentials", e.Code == "NeedsCode":
		return "no credentials"
	case e.Class == Denied || e.Code == "UnauthorizedOperation":
		return "denied"
	case e.Class == Network:
		return "unreachable"
	case e.Class == TimedOut:
		return "no answer"
	case e.Throttled():
		return "throttled"
	}
	return "failed: " + e.Code
}

// dashboard is the parts of one scope, by name.
type dashboard struct {
	tallies map[string]Tally
	failed  map[string]error
}

// Ways in which a report is delivered.
const (
	ToDisplay = "display"
	ToAFile   = "file"
	ToEmail   = "email"
	ToNobody  = "none"
)

func dashboardOperations() []Operation {
	type in = ec2.DescribeInstancesInput
	local := func(name, help, preset string, rule Rule) Field[*in] {
		return Field[*in]{Name: name, Help: help, Default: preset, Rule: rule, To: Local[*in]()}
	}
	method := local("notify-method", "where the report goes", ToDisplay, Rule{})
	method.Choices = []string{ToDisplay, ToAFile, ToEmail, ToNobody}
	tls := local("smtp-tls", "how the connection is encrypted", "starttls", Rule{})
	tls.Choices = []string{"starttls", "tls", "none"}
	return []Operation{&Op[*in, *dashboard]{
		Name: "ec2-dashboard", Help: "Count what there is: instances, addresses, volumes, snapshots, keys, groups, events", Noun: "count", API: "DescribeInstances", Report: true,
		Fields: []Field[*in]{
			method,
			local("notify-file", "the file to write, or to replace", "none", NotEmpty()),
			local("smtp-host", "the mail server", "none", NotEmpty()),
			local("smtp-port", "its port", "587", Between(1, 65535)),
			tls,
			local("smtp-from", "the sender's address", "none", Mailbox()),
			local("smtp-to", "the recipients' addresses, between commas", "none", Mailbox()),
			local("smtp-user", "who signs in to the mail server", "EC2DECK_SMTP_USER", NotEmpty()),
			local("smtp-auth-file", "a file of mode 0600 with the password, or with the user in its first line and the password in its second", "EC2DECK_SMTP_PASSWORD", NotEmpty()),
			local("sendmail", "a command in the place of a mail server: it gets -i -f SENDER -- RECIPIENT... after its own words, and the letter on its standard input", "none", NotEmpty()),
		},
		Call: readDashboard, Outputs: append(counterNames(), "report"),
		Show: showDashboard, Example: Values{"notify-method": {ToDisplay}},
	}}
}

func counterNames() []string {
	var names []string
	for _, c := range Counters() {
		names = append(names, c.Name)
	}
	return names
}

// readDashboard counts every part at once. It fails only where all of them do.
func readDashboard(client *ec2.Client, ctx context.Context, _ *ec2.DescribeInstancesInput, _ ...func(*ec2.Options)) (*dashboard, error) {
	d := &dashboard{tallies: map[string]Tally{}, failed: map[string]error{}}
	var mu sync.Mutex
	var all sync.WaitGroup
	names := DashboardParts()
	for _, name := range names {
		all.Go(func() {
			t, err := CountPart(ctx, client, name)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				d.failed[name] = err
				return
			}
			d.tallies[name] = t
		})
	}
	all.Wait()
	if len(d.failed) == len(names) {
		e := *explain(d.failed[names[0]], "ec2-dashboard", client.Options().Region, false)
		e.Err = &uncounted{d, e.Err}
		return nil, &e
	}
	return d, nil
}

// uncounted is a dashboard of which nothing could be read.
type uncounted struct {
	*dashboard
	error
}

// Unwrap returns why the first part could not be read.
func (u *uncounted) Unwrap() error { return u.error }

// Unread is the dashboard of a scope that failed as a whole: each counter says why.
func Unread(at Scope, err error) Result {
	d := &dashboard{failed: map[string]error{}}
	if u := (*uncounted)(nil); errors.As(err, &u) {
		d = u.dashboard
	} else {
		for _, name := range DashboardParts() {
			d.failed[name] = err
		}
	}
	res := showDashboard(d)
	res.Operation, res.Scope, res.Items = "ec2-dashboard", at, nil // the scope is told as one
	return res
}

func showDashboard(d *dashboard) Result {
	res := Result{RequestID: cmp.Or(d.tallies["volumes"].requestID, d.tallies["events"].requestID)}
	var report []string
	for _, c := range Counters() {
		var value any
		if err := d.failed[c.Part]; err != nil {
			value = Uncounted(err)
		} else {
			value = d.tallies[c.Part].Counts[c.Name]
		}
		res.Outputs = append(res.Outputs, Output{c.Name, value})
		report = append(report, fmt.Sprintf("%s %v", c.Name, value))
	}
	for _, name := range DashboardParts() {
		if err := d.failed[name]; err != nil {
			res.Items = append(res.Items, Item{ID: name, Err: AsError(err)})
		}
	}
	res.Outputs = append(res.Outputs, Output{"report", strings.Join(report, ", ")})
	return res
}

// WithTotal adds the sums of all scopes to the merged counts. What could not be
// read is said beside the sum of the rest.
func WithTotal(res Result) Result {
	if res.Table == nil || len(res.Table.Rows) < 2 {
		return res
	}
	total, table := []any{"total", nil}, *res.Table
	var report []string
	for col := 2; col < len(table.Columns)-1; col++ {
		sum, missing := 0, 0
		for _, row := range table.Rows {
			if n, ok := row[col].(int); ok {
				sum += n
			} else {
				missing++
			}
		}
		var cell any = sum
		if missing > 0 {
			cell = fmt.Sprintf("%d, %d not read", sum, missing)
		}
		total = append(total, cell)
		report = append(report, fmt.Sprintf("%s %v", table.Columns[col].Name, cell))
	}
	table.Rows = append(slices.Clone(table.Rows), append(total, strings.Join(report, ", ")))
	table.Columns = slices.Clone(table.Columns)
	table.Columns[len(table.Columns)-1].Extra = true // it says what the others do
	res.Table = &table
	return res
}
