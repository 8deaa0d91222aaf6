package awsops

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"
)

// canned answers every request with the same bodies in turn.
type canned struct {
	bodies [][]byte
	broke  error // after the body
	next   int
}

func (c *canned) Do(r *http.Request) (*http.Response, error) {
	body := c.bodies[c.next%len(c.bodies)]
	c.next++
	var reader io.Reader = bytes.NewReader(body)
	if c.broke != nil {
		reader = io.MultiReader(reader, iotest.ErrReader(c.broke))
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(reader), Request: r, ContentLength: int64(len(body))}, nil
}

func (c *canned) client() *ec2.Client {
	return ec2.New(ec2.Options{Region: "us-east-1", HTTPClient: c, Credentials: aws.AnonymousCredentials{}, Retryer: aws.NopRetryer{}})
}

// bySDK decodes a body as the SDK does.
func bySDK(ctx context.Context, body []byte) ([]Instance, *string, error) {
	out, err := (&canned{bodies: [][]byte{body}}).client().DescribeInstances(ctx, &ec2.DescribeInstancesInput{})
	if err != nil {
		return nil, nil, err
	}
	return instanceRows(out.Reservations), out.NextToken, nil
}

// pages are the answers of the simulator for a large fleet.
func pages(t testing.TB, instances int) [][]byte {
	t.Helper()
	sim, err := ec2sim.New(ec2sim.Config{Instances: instances, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	through := &wiretap{to: sim}
	pager := ec2.NewDescribeInstancesPaginator(through.client(sim.Accounts()[0]), &ec2.DescribeInstancesInput{MaxResults: aws.Int32(1000)})
	for pager.HasMorePages() {
		if _, err := pager.NextPage(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return through.bodies
}

// wiretap keeps what comes through it.
type wiretap struct {
	to     aws.HTTPClient
	bodies [][]byte
}

func (p *wiretap) Do(r *http.Request) (*http.Response, error) {
	response, err := p.to.Do(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	p.bodies = append(p.bodies, body)
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, err
}

func (p *wiretap) client(a ec2sim.Account) *ec2.Client { return clientOf(p, a) }

func clientOf(to aws.HTTPClient, a ec2sim.Account) *ec2.Client {
	return ec2.New(ec2.Options{Region: a.Regions[0], HTTPClient: to, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: a.AccessKeyID, SecretAccessKey: a.SecretAccessKey}, nil
	})})
}

func TestScannedRowsAreThoseOfTheSDK(t *testing.T) {
	unraced(t)
	scan, n := newInstanceScan(), 0
	for _, body := range pages(t, 2500) {
		got, token, err := scan.rows(body)
		if err != nil {
			t.Fatal(err)
		}
		want, wantToken, err := bySDK(t.Context(), body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Instance{})); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(wantToken, token); diff != "" {
			t.Error(diff)
		}
		n += len(got)
	}
	if n < 2500 {
		t.Errorf("%d rows", n)
	}
}

// answer is an answer with one instance.
func answer(inside string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>
<reservationSet><item><reservationId>r-1</reservationId><ownerId>1</ownerId><instancesSet><item>` + inside + `</item></instancesSet></item></reservationSet></DescribeInstancesResponse>`
}

// odd are bodies that EC2 may write one day, and such that it will not.
func odd() []string {
	return []string{
		answer(""), answer("<instanceId>i-1</instanceId>"), answer("<instanceId/>"), answer("<instanceId />"), answer("<instanceId></instanceId>"),
		answer("\n\t <instanceId> i-1\n</instanceId>\t"), answer("<InstanceID>i-1</InstanceID>"), answer("<unknown><a><b/></a>text</unknown><instanceId>i-2</instanceId>"),
		answer("<tagSet/>"), answer("<tagSet><item/></tagSet>"), answer("<tagSet><item><key>Name</key><value>a&amp;b &lt;&#x1F600;&#65;&quot;&apos;&gt;</value></item></tagSet>"),
		answer("<tagSet><item><value>v</value><key>Name</key></item></tagSet>"), answer("<tagSet><item><key>Name</key><value>v</value><value>w</value></item></tagSet>"),
		answer("<tagSet><item><key>b</key><value>1</value></item><item><key>Name</key><value>n</value></item><item><key>Name</key><value>m</value></item><item><key>a</key></item></tagSet>"),
		answer("<tagSet><item><key>Name</key></item></tagSet><tagSet><item><key>x</key></item></tagSet>"),
		answer("<groupSet><item><groupId>sg-1</groupId><groupName>web</groupName></item><other/><item/></groupSet>"),
		answer("<instanceId>決済サーバー</instanceId>"), answer("<instanceId>a\xffb</instanceId>"), answer("<instanceId>a\x01b</instanceId>"), answer("<instanceId>a\r\nb</instanceId>"),
		answer("<instanceId>a<!-- c -->b</instanceId>"), answer("<!-- c --><instanceId>b</instanceId>"), answer("<instanceId><![CDATA[i-1]]></instanceId>"), answer("<instanceId>]]></instanceId>"),
		answer("<?pi x?><instanceId>b</instanceId>"), answer(`<instanceId a="b">i</instanceId>`), answer("<e:instanceId>i</e:instanceId>"), answer("<instanceId>&unknown;</instanceId>"), answer("<instanceId>&#0;</instanceId>"),
		answer("<instanceId>&</instanceId>"), answer("<instanceId>i</instanceid>"), answer("<instanceId><x/></instanceId>"), answer("<instanceId>i"), answer("<launchTime>2026-01-02T03:04:05.000Z</launchTime>"),
		answer("<launchTime>yesterday</launchTime>"), answer("<launchTime>2026-01-02T03:04:05+01:00</launchTime>"), answer("<hibernationOptions><configured>true</configured></hibernationOptions>"),
		answer("<hibernationOptions><configured>perhaps</configured></hibernationOptions>"), answer("<platform>windows</platform>"), answer("<platform>windows</platform><platformDetails>Windows with SQL</platformDetails>"),
		answer("<iamInstanceProfile><arn>arn:aws:iam::1:instance-profile/a/b</arn></iamInstanceProfile>"), answer("<iamInstanceProfile/>"),
		answer("<placement><availabilityZone>a</availabilityZone></placement><placement><tenancy>t</tenancy></placement>"),
		"", " ", "<a/>", "<a>", "<DescribeInstancesResponse/>", "<DescribeInstancesResponse></DescribeInstancesResponse>", "<DescribeInstancesResponse a='>'></DescribeInstancesResponse>",
		"<DescribeInstancesResponse><nextToken>t</nextToken><reservationSet/></DescribeInstancesResponse>", "<DescribeInstancesResponse><reservationSet><item><instancesSet/></item><item/><x/></reservationSet></DescribeInstancesResponse>",
		"<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i</instanceId></item></instancesSet><ownerId>late</ownerId></item></reservationSet></DescribeInstancesResponse> trailing",
		"<!DOCTYPE a><DescribeInstancesResponse></DescribeInstancesResponse>", "\ufeff<DescribeInstancesResponse></DescribeInstancesResponse>", "<html><body>no</body></html>",
	}
}

// agree holds the scan to the SDK: what it reads, the SDK reads alike.
func agree(t *testing.T, body []byte) {
	t.Helper()
	got, token, err := newInstanceScan().rows(body)
	if err != nil { // the SDK takes over
		return
	}
	want, wantToken, err := bySDK(t.Context(), body)
	if err != nil { // it also looks at what no row has
		return
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Instance{})); diff != "" {
		t.Errorf("%q (-SDK +scan):\n%s", body, diff)
	}
	if aws.ToString(wantToken) != aws.ToString(token) {
		t.Errorf("%q: token %q, want %q", body, aws.ToString(token), aws.ToString(wantToken))
	}
}

func TestScanAndSDKAgreeOnOddBodies(t *testing.T) {
	read := 0
	for _, body := range odd() {
		agree(t, []byte(body))
		if _, _, err := newInstanceScan().rows([]byte(body)); err == nil {
			read++
		}
	}
	if read < 20 {
		t.Errorf("only %d are read at all", read)
	}
}

func FuzzInstanceScan(f *testing.F) {
	for _, body := range odd() {
		f.Add([]byte(body))
	}
	f.Add(pages(f, 1)[0])
	f.Fuzz(agree)
}

// TestEveryCutIsNoticed cuts a body at every place.
func TestEveryCutIsNoticed(t *testing.T) {
	body := []byte(answer("<instanceId>i-1</instanceId><tagSet><item><key>Name</key><value>a&amp;b</value></item></tagSet><x/>"))
	for n := range len(body) {
		if _, _, err := newInstanceScan().rows(body[:n]); err == nil {
			t.Errorf("%q is taken for whole", body[:n])
		}
	}
}

// TestWhatTheScanCannotReadTheSDKDecodes goes through the client.
func TestWhatTheScanCannotReadTheSDKDecodes(t *testing.T) {
	broke := errors.New("connection reset")
	for _, test := range []struct {
		body  string
		broke error
		id    string // of the row; "" is an error
	}{
		{answer("<instanceId>i-1</instanceId>"), nil, "i-1"},
		{answer("<instanceId><![CDATA[i-2]]></instanceId>"), nil, "i-2"},
		{answer("<!-- c --><instanceId>i-3</instanceId>"), nil, "i-3"},
		{answer("<instanceId>i-4"), nil, ""},
		{strings.TrimSuffix(answer("<instanceId>i-5</instanceId>"), "</DescribeInstancesResponse>"), broke, ""},
	} {
		client := (&canned{bodies: [][]byte{[]byte(test.body)}, broke: test.broke}).client()
		rows, _, err := newInstanceScans().describe(t.Context(), client, &ec2.DescribeInstancesInput{})
		if id := fmt.Sprint(ids(rows)); (err == nil) != (test.id != "") || err == nil && id != "["+test.id+"]" {
			t.Errorf("%.80q: %v %v", test.body[150:], id, err)
		}
		if test.broke != nil && !errors.Is(err, broke) {
			t.Errorf("%v does not tell what broke", err)
		}
	}
}

func ids(rows []Instance) []string {
	var out []string
	for _, r := range rows {
		out = append(out, r.ID)
	}
	return out
}

// statusPages are the simulator's answers about status checks.
func statusPages(t testing.TB, instances int) [][]byte {
	t.Helper()
	sim, err := ec2sim.New(ec2sim.Config{Instances: instances, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	through := &wiretap{to: sim}
	pager := ec2.NewDescribeInstanceStatusPaginator(through.client(sim.Accounts()[0]), &ec2.DescribeInstanceStatusInput{MaxResults: aws.Int32(1000)})
	for pager.HasMorePages() {
		if _, err := pager.NextPage(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return through.bodies
}

func agreeOnStatus(t *testing.T, body []byte) {
	t.Helper()
	got, token, err := newInstanceScan().statuses(body)
	if err != nil {
		return
	}
	out, err := (&canned{bodies: [][]byte{body}}).client().DescribeInstanceStatus(t.Context(), &ec2.DescribeInstanceStatusInput{})
	if err != nil {
		return
	}
	if diff := cmp.Diff(checkedRows(out.InstanceStatuses), got, cmp.AllowUnexported(checked{})); diff != "" {
		t.Errorf("%q (-SDK +scan):\n%s", body, diff)
	}
	if aws.ToString(out.NextToken) != aws.ToString(token) {
		t.Errorf("%q: token %q, want %q", body, aws.ToString(token), aws.ToString(out.NextToken))
	}
}

func TestScannedStatusesAreThoseOfTheSDK(t *testing.T) {
	n := 0
	for _, body := range statusPages(t, 2500) {
		got, _, err := newInstanceScan().statuses(body)
		if err != nil {
			t.Fatal(err)
		}
		agreeOnStatus(t, body)
		n += len(got)
	}
	if n < 2000 {
		t.Errorf("%d rows", n)
	}
}

func statusAnswer(inside string) string {
	return `<DescribeInstanceStatusResponse><instanceStatusSet><item><instanceId>i-1</instanceId>` + inside + `</item></instanceStatusSet></DescribeInstanceStatusResponse>`
}

func FuzzStatusScan(f *testing.F) {
	for _, inside := range []string{
		"", "<systemStatus><status>ok</status><details><item><name>reachability</name><status>passed</status></item></details></systemStatus>",
		"<systemStatus><status>impaired</status><details><item><impairedSince>2026-01-02T03:04:05Z</impairedSince></item></details></systemStatus><instanceStatus><status>ok</status></instanceStatus>",
		"<attachedEbsStatus><status>impaired</status><details><item><impairedSince>2026-01-02T03:04:05Z</impairedSince></item></details></attachedEbsStatus><attachedEbsStatus/>",
		"<eventsSet><item><code>system-reboot</code><description>[Completed] x</description><notBefore>2026-01-02T03:04:05Z</notBefore></item><item><code>instance-stop</code></item></eventsSet>",
		"<systemStatus/><instanceStatus><status/></instanceStatus><eventsSet/>",
	} {
		f.Add([]byte(statusAnswer(inside)))
	}
	f.Fuzz(agreeOnStatus)
}

// BenchmarkLoad loads 10,000 instances of 4.8 kB each, as the table does and as
// the SDK's pagination does without making rows of them.
func BenchmarkLoad(b *testing.B) {
	bodies, client := pages(b, 10_000), record(b, 10_000)
	size := 0
	for _, body := range bodies {
		size += len(body)
	}
	b.Run("SDK", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			loadSDK(b, bodies)
		}
	})
	b.Run("rows", func(b *testing.B) {
		b.ReportAllocs()
		b.ReportMetric(float64(size)/10_000, "B/instance")
		for b.Loop() {
			loadRows(b, client)
		}
	})
}

func loadSDK(b testing.TB, bodies [][]byte) {
	pager := ec2.NewDescribeInstancesPaginator((&canned{bodies: bodies}).client(), &ec2.DescribeInstancesInput{MaxResults: aws.Int32(1000)})
	for pager.HasMorePages() {
		if _, err := pager.NextPage(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// recorded answers requests as EC2 once did, however they are ordered.
type recorded struct {
	to      aws.HTTPClient // nil when all has been recorded
	mu      sync.Mutex
	answers map[string][]byte
}

func (r *recorded) Do(request *http.Request) (*http.Response, error) {
	asked, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	body, ok := r.answers[string(asked)]
	r.mu.Unlock()
	if !ok {
		request.Body = io.NopCloser(bytes.NewReader(asked))
		response, err := r.to.Do(request)
		if err != nil {
			return nil, err
		}
		if body, err = io.ReadAll(response.Body); err != nil {
			return nil, err
		}
		r.mu.Lock()
		r.answers[string(asked)] = body
		r.mu.Unlock()
	}
	return (&canned{bodies: [][]byte{body}}).Do(request)
}

// record makes a client that has seen a fleet being loaded.
func record(t testing.TB, instances int) *ec2.Client {
	t.Helper()
	sim, err := ec2sim.New(ec2sim.Config{Instances: instances, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := &recorded{to: sim, answers: map[string][]byte{}}
	client := clientOf(r, sim.Accounts()[0])
	loadRows(t, client)
	r.to = nil
	return client
}

// loadRows reads instances and checks, as their table does.
func loadRows(t testing.TB, client *ec2.Client) {
	n := 0
	for page, err := range Instances(context.Background(), client) {
		if err != nil {
			t.Fatal(err)
		}
		n += len(page)
	}
	if n < 15_000 {
		t.Fatalf("%d rows", n)
	}
}

// TestGateLoad counts: at most 15 allocations for a row, and a small part of
// the SDK's time.
func TestGateLoad(t *testing.T) {
	if os.Getenv("EC2DECK_BENCH_GATE") == "" {
		t.Skip("EC2DECK_BENCH_GATE is not set")
	}
	bodies, client := pages(t, 10_000), record(t, 10_000)
	rows := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			loadRows(b, client)
		}
	})
	sdk := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			loadSDK(b, bodies)
		}
	})
	allocs, ratio := float64(rows.AllocsPerOp())/10_000, float64(rows.NsPerOp())/float64(sdk.NsPerOp())
	t.Logf("%.1f allocations a row, %.3f of the SDK's time", allocs, ratio)
	if allocs > 15 || ratio > 0.3 {
		t.Errorf("%.1f allocations a row (15), %.3f of the SDK's time (goal 0.15)", allocs, ratio)
	}
}
