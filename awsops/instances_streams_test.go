package awsops

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// unraced leaves what counts, compares or reads files, and runs nothing beside
// itself, to the run without the race detector.
func unraced(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("is run without the race detector")
	}
}

// between sees every request before the simulator does, and every answer.
type between struct {
	*ec2sim.Sim
	before func(n int, form url.Values)
	after  func(form url.Values, body []byte) []byte

	mu    sync.Mutex
	asked []url.Values
}

func (b *between) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	b.asked = append(b.asked, form)
	if b.before != nil {
		b.before(len(b.asked), form)
	}
	b.mu.Unlock()
	response, err := b.Sim.Do(r)
	if err != nil || b.after == nil {
		return response, err
	}
	got, err := io.ReadAll(response.Body)
	response.Body = io.NopCloser(bytes.NewReader(b.after(form, got)))
	return response, err
}

func (b *between) count(action string) (n int) {
	for _, form := range b.asked {
		if form.Get("Action") == action {
			n++
		}
	}
	return n
}

func large(t testing.TB, instances int) *between {
	t.Helper()
	sim, err := ec2sim.New(ec2sim.Config{Instances: instances, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return &between{Sim: sim}
}

func (b *between) client(through aws.HTTPClient) *ec2.Client {
	return clientOf(through, b.Accounts()[0])
}

// listed are the rows of a listing, each as often as it came without checks.
func listed(t testing.TB, client *ec2.Client) map[string]int {
	t.Helper()
	out := map[string]int{}
	for page, err := range (instanceListing{client: client, scans: newInstanceScans()}).rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page {
			out[i.ID]++
		}
	}
	return out
}

// inOneGo are the instances by the SDK's own pages.
func inOneGo(t testing.TB, client *ec2.Client) (rows []Instance) {
	t.Helper()
	pager := ec2.NewDescribeInstancesPaginator(client, &ec2.DescribeInstancesInput{MaxResults: aws.Int32(1000)})
	for pager.HasMorePages() {
		out, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, instanceRows(out.Reservations)...)
	}
	return rows
}

// once fails unless every instance is there, exactly once.
func once(t *testing.T, got map[string]int, want []Instance) {
	t.Helper()
	for _, i := range want {
		if got[i.ID] != 1 {
			t.Errorf("%s, %s in %s, comes %d times", i.ID, i.State, i.Zone, got[i.ID])
		}
	}
}

func TestStreamsListEveryInstanceOnce(t *testing.T) {
	for _, instances := range []int{40, 900, 4_000} {
		b := large(t, instances)
		want := inOneGo(t, b.client(b.Sim))
		once(t, listed(t, b.client(b)), want)
		pages := 1 + (max(0, len(want)-firstPage)+fullPage-1)/fullPage
		if most := pages + len(byLastDigit()); instances < 1000 && len(b.asked) > 2 || len(b.asked) > most {
			t.Errorf("%d instances take %d requests", len(want), len(b.asked))
		}
	}
}

// TestStreamsAreDisjointWhileInstancesMove has instances start, stop, end and
// come into being between the requests of one listing.
func TestStreamsAreDisjointWhileInstancesMove(t *testing.T) {
	b := large(t, 4_000)
	direct := b.client(b.Sim)
	want := inOneGo(t, direct)
	moved, at := 0, 0
	b.before = func(n int, _ url.Values) {
		ctx := context.Background()
		for range 30 { // an instance may refuse; others do not
			ids, err := []string{want[at*97%len(want)].ID}, error(nil)
			switch at++; at % 3 {
			case 0:
				_, err = direct.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: ids})
			case 1:
				_, err = direct.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: ids})
			default:
				_, err = direct.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: ids})
			}
			if err == nil {
				moved++
			}
		}
		if _, err := direct.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: &want[0].Image, InstanceType: "t3.micro", SubnetId: &want[0].Subnet, MinCount: aws.Int32(3), MaxCount: aws.Int32(3)}); err != nil {
			t.Error(err)
		}
	}
	got := listed(t, b.client(b))
	once(t, got, want)
	for id, n := range got {
		if n != 1 {
			t.Errorf("%s comes %d times", id, n)
		}
	}
	if moved < 200 {
		t.Fatalf("only %d instances have moved", moved)
	}
}

// TestNoRowIsLostWhereEC2FiltersOtherwise has an EC2 that knows no patterns, one
// that cuts pages before it filters them, and one that has no filter at all.
func TestNoRowIsLostWhereEC2FiltersOtherwise(t *testing.T) {
	unraced(t)
	set := regexp.MustCompile(`(?s)<reservationSet>.*</reservationSet>`)
	token := regexp.MustCompile(`<nextToken>.*</nextToken>`)
	for name, after := range map[string]func(url.Values, []byte) []byte{
		"no patterns": func(form url.Values, body []byte) []byte {
			if !form.Has("Filter.1.Name") {
				return body
			}
			return token.ReplaceAll(set.ReplaceAll(body, []byte("<reservationSet/>")), nil)
		},
		"one pattern is not understood": func(form url.Values, body []byte) []byte {
			if form.Get("Filter.1.Value.1") != "*7" {
				return body
			}
			return token.ReplaceAll(set.ReplaceAll(body, []byte("<reservationSet/>")), nil)
		},
		"short pages": func(form url.Values, body []byte) []byte {
			if !form.Has("Filter.1.Name") || form.Has("NextToken") {
				return body
			}
			return bytes.Replace(set.ReplaceAll(body, []byte("<reservationSet/>")), []byte("</DescribeInstancesResponse>"), []byte("<nextToken>more</nextToken></DescribeInstancesResponse>"), 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := large(t, 3_000)
			want := inOneGo(t, b.client(b.Sim))
			b.after = after
			once(t, listed(t, b.client(b)), want)
		})
	}
}

// TestAStreamThatFailsIsTold keeps a listing that is not whole from looking so.
func TestAStreamThatFailsIsTold(t *testing.T) {
	b := large(t, 4_000)
	b.after = func(form url.Values, body []byte) []byte {
		if form.Get("Filter.1.Value.1") == "*9" {
			return []byte("<DescribeInstancesResponse><reserv")
		}
		return body
	}
	rows, failed := 0, error(nil)
	for page, err := range Instances(t.Context(), b.client(b)) {
		if failed != nil {
			t.Error("a listing goes on after its error")
		}
		rows, failed = rows+len(page), err
	}
	if failed == nil || rows < firstPage+fullPage {
		t.Errorf("%d rows, and the error is %v", rows, failed)
	}
	if n := b.count("DescribeInstanceStatus"); n > 0 {
		t.Error("checks are asked for after an error")
	}
}

// TestALimitHoldsInStreams lists what a role's tags cover, and nothing else.
func TestALimitHoldsInStreams(t *testing.T) {
	unraced(t)
	b := large(t, 8_000)
	all := inOneGo(t, b.client(b.Sim))
	key, values := commonTag(all)
	policy := Policy{Role: "team", Tags: TagLimit{{Key: key, Values: values}}}
	account := b.Accounts()[0]
	s := NewSession(Settings{HTTPClient: b, Profiles: []string{account.Profile}, Regions: account.Regions[:1], Policy: Fixed(policy), Keys: map[string]aws.CredentialsProvider{
		account.Profile: credentials.NewStaticCredentialsProvider(account.AccessKeyID, account.SecretAccessKey, ""),
	}})
	if _, err := s.Open(t.Context(), account.Profile); err != nil {
		t.Fatal(err)
	}
	client, err := s.Client(Scope{account.Profile, account.Regions[0]})
	if err != nil {
		t.Fatal(err)
	}
	var want []Instance
	for _, i := range all {
		if policy.Tags.covers(i.Tags()) {
			want = append(want, i)
		}
	}
	got := listed(t, client)
	once(t, got, want)
	if len(got) != len(want) || len(want) < 2*fullPage || len(want) == len(all) {
		t.Errorf("%d rows of %d, of which the role covers %d", len(got), len(all), len(want))
	}
}

// commonTag is a tag and some of its values that many instances have, and not all.
func commonTag(rows []Instance) (string, []string) {
	count := map[Tag]int{}
	for _, i := range rows {
		for _, tag := range i.Tags() {
			if tag.Key != "Name" && !strings.HasPrefix(tag.Key, "aws:") {
				count[tag]++
			}
		}
	}
	var best Tag
	for tag, n := range count {
		if n < len(rows)*3/4 && (n > count[best] || n == count[best] && tag.Key+tag.Value < best.Key+best.Value) {
			best = tag
		}
	}
	return best.Key, []string{best.Value}
}

// held answers every request after a while, as a far region does.
func held(t testing.TB, instances int, wait time.Duration) *between {
	b := large(t, instances)
	b.Inject(ec2sim.Fault{Delay: wait})
	return b
}

// wall is how long something takes.
func wall(f func()) time.Duration {
	begin := time.Now()
	f()
	return time.Since(begin)
}

// BenchmarkTenPages lists 10,000 instances where an answer takes 250 ms, as the
// SDK's pagination does and as the table does.
func BenchmarkTenPages(b *testing.B) {
	far := held(b, 9_900, 250*time.Millisecond)
	for b.Loop() {
		far.asked = nil
		streams := wall(func() { listed(b, far.client(far)) }).Seconds()
		serial := wall(func() { inOneGo(b, far.client(far.Sim)) }).Seconds()
		b.ReportMetric(serial, "s-serial")
		b.ReportMetric(streams, "s-streams")
		b.ReportMetric(streams/serial, "streams/serial")
		b.ReportMetric(float64(len(far.asked)), "requests")
		b.ReportMetric(float64(len(byLastDigit())), "streams")
	}
}

// BenchmarkFirstRows is the time to the first rows of a small and of a large
// account, and to those of a first page that is full.
func BenchmarkFirstRows(b *testing.B) {
	few, many := large(b, 1_000), large(b, 50_000)
	for b.Loop() {
		t := timeFirstRows(b, few, many)
		b.ReportMetric(t.few*1000, "ms-at-1000")
		b.ReportMetric(t.many*1000, "ms-at-50000")
		b.ReportMetric(t.full*1000, "ms-full-page")
		b.ReportMetric(t.many/t.few, "50000/1000")
		b.ReportMetric(t.many/t.full, "first/full-page")
	}
}

// firstTimes are medians in seconds.
type firstTimes struct{ few, many, full float64 }

func timeFirstRows(t testing.TB, few, many *between) firstTimes {
	var all [3][]float64
	for range 15 {
		for i, do := range []func(){
			func() { firstRows(t, few.client(few.Sim)) },
			func() { firstRows(t, many.client(many.Sim)) },
			func() { fullFirstPage(t, many.client(many.Sim)) },
		} {
			all[i] = append(all[i], wall(do).Seconds())
		}
	}
	for _, times := range all {
		slices.Sort(times)
	}
	return firstTimes{all[0][7], all[1][7], all[2][7]}
}

func firstRows(t testing.TB, client *ec2.Client) {
	for page, err := range Instances(t.Context(), client) {
		if err != nil || len(page) != firstPage {
			t.Fatal(len(page), err)
		}
		return
	}
}

func fullFirstPage(t testing.TB, client *ec2.Client) {
	l := instanceListing{client: client, scans: newInstanceScans()}
	if page, _, err := l.page(t.Context(), fullPage, nil, nil); err != nil || len(page) != fullPage {
		t.Fatal(len(page), err)
	}
}

// TestGateStreams and TestGateFirstRows hold ratios of one run at twice the goal.
func TestGateStreams(t *testing.T) {
	gate(t)
	far := held(t, 9_900, 100*time.Millisecond)
	serial := wall(func() { inOneGo(t, far.client(far.Sim)) })
	streams := wall(func() { listed(t, far.client(far)) })
	ratio := streams.Seconds() / serial.Seconds()
	t.Logf("%.2f of the time of serial pages, in %d requests", ratio, len(far.asked))
	if ratio > 0.6 || len(far.asked) > 11+len(byLastDigit()) {
		t.Errorf("%.2f of the time of serial pages (goal 0.3), in %d requests", ratio, len(far.asked))
	}
}

func TestGateFirstRows(t *testing.T) {
	gate(t)
	took := timeFirstRows(t, large(t, 1_000), large(t, 50_000))
	same, full := took.many/took.few, took.many/took.full
	t.Logf("first rows of 50,000 take %.2f of the time of those of 1,000, and %.2f of that of a full page", same, full)
	if same > 1.4 || full > 2.0/3 {
		t.Error("the goals are 1.2 and 0.33")
	}
}

func gate(t *testing.T) {
	t.Helper()
	if os.Getenv("EC2DECK_BENCH_GATE") == "" {
		t.Skip("set EC2DECK_BENCH_GATE=1, as .ci/run does")
	}
}
