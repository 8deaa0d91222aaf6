package awsops_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// team is a server's sessions on one simulator.
type team struct {
	*bench
	settings awsops.Settings
	shared   *awsops.Shared
}

func newTeam(t testing.TB) *team {
	t.Helper()
	tm := &team{}
	tm.bench = newBench(t, func(s *awsops.Settings) { tm.settings = *s })
	tm.shared = awsops.NewShared(tm.clock.Now)
	tm.settings.Shared = tm.shared
	return tm
}

// newDemoTeam has the accounts of the demo, with so many instances in the first.
func newDemoTeam(t testing.TB, instances int) *team {
	t.Helper()
	tm := &team{bench: &bench{clock: newClock()}}
	var err error
	if tm.sim, err = ec2sim.New(ec2sim.Config{Now: tm.clock.Now, Instances: instances}); err != nil {
		t.Fatal(err)
	}
	tm.shared = awsops.NewShared(tm.clock.Now)
	tm.settings = awsops.Settings{Regions: []string{"us-east-1"}, Keys: map[string]aws.CredentialsProvider{}, HTTPClient: tm.sim, Shared: tm.shared}
	for _, a := range tm.sim.Accounts() {
		tm.settings.Profiles = append(tm.settings.Profiles, a.Profile)
		tm.settings.Keys[a.Profile] = static(a)
	}
	return tm
}

// join opens a session of the team and returns the client of its first scope.
func (tm *team) join(t testing.TB, change ...func(*awsops.Settings)) (*awsops.Session, *ec2.Client) {
	t.Helper()
	s := tm.settings
	for _, c := range change {
		c(&s)
	}
	session := awsops.NewSession(s)
	scopes, err := session.Open(t.Context(), s.Profiles[0])
	if err != nil {
		t.Fatal(err)
	}
	client, err := session.Client(scopes[0])
	if err != nil {
		t.Fatal(err)
	}
	return session, client
}

// pass turns the clock.
func (tm *team) pass(d time.Duration) { _ = tm.clock.sleep(context.Background(), d) }

// lately accepts what was asked for in the last fifteen seconds.
func lately(t testing.TB) context.Context {
	return awsops.Accept{Age: 15 * time.Second}.In(t.Context())
}

// volumesOf reads the volumes as a table does.
func volumesOf(t testing.TB, ctx context.Context, client *ec2.Client) *ec2.DescribeVolumesOutput {
	t.Helper()
	out, err := client.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSessionsShareWhatTheyAccept(t *testing.T) {
	tm := newTeam(t)
	_, one := tm.join(t)
	_, two := tm.join(t)
	first := volumesOf(t, lately(t), one)
	tm.pass(14 * time.Second)
	began := &awsops.Began{}
	second := volumesOf(t, awsops.Accept{Age: 15 * time.Second, Began: began}.In(t.Context()), two)
	if n := tm.count("DescribeVolumes"); n != 1 {
		t.Errorf("two sessions cost %d calls", n)
	}
	if first == second || len(second.Volumes) == 0 || &first.Volumes[0] != &second.Volumes[0] {
		t.Error("the sessions have the same output, or decoded it twice")
	}
	if got := tm.clock.Now().Sub(began.Take()); got != 14*time.Second {
		t.Errorf("the answer is said to be %v old", got)
	}
	volumesOf(t, t.Context(), two)
	if n := tm.count("DescribeVolumes"); n != 2 {
		t.Errorf("who accepts nothing was not answered anew: %d calls", n)
	}
	tm.pass(time.Second)
	volumesOf(t, lately(t), two)
	if n := tm.count("DescribeVolumes"); n != 3 {
		t.Errorf("an answer older than accepted was given: %d calls", n)
	}
	tm.pass(time.Second)
	volumesOf(t, awsops.Accept{Age: 15 * time.Second, Since: tm.clock.Now()}.In(t.Context()), one)
	if n := tm.count("DescribeVolumes"); n != 4 {
		t.Errorf("a forced refresh was answered by what is old: %d calls", n)
	}
}

func TestAloneNothingIsShared(t *testing.T) {
	b := newBench(t)
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	began := &awsops.Began{}
	for range 2 {
		volumesOf(t, awsops.Accept{Age: time.Hour, Any: true, Began: began}.In(t.Context()), client)
	}
	if n := b.count("DescribeVolumes"); n != 2 || !began.Take().IsZero() {
		t.Errorf("%d calls for two reads of a session by itself", n)
	}
}

// TestNothingCrossesToAnotherConnection reads the same with everything but the
// bytes of the request different.
func TestNothingCrossesToAnotherConnection(t *testing.T) {
	tm := newDemoTeam(t, 0)
	first := tm.settings.Profiles[0]
	tm.settings.Keys["alias"] = tm.settings.Keys[first] // the same keys under another name
	_, home := tm.join(t)
	volumesOf(t, lately(t), home)
	for name, change := range map[string]func(*awsops.Settings){
		"another profile":  func(s *awsops.Settings) { s.Profiles = []string{"alias"} },
		"another account":  func(s *awsops.Settings) { s.Profiles = s.Profiles[1:] },
		"another region":   func(s *awsops.Settings) { s.Regions = []string{"eu-west-1"} },
		"another endpoint": func(s *awsops.Settings) { s.Endpoint = "http://127.0.0.1:4599" },
		"another server":   func(s *awsops.Settings) { s.Shared = awsops.NewShared(tm.clock.Now) },
	} {
		before := tm.count("DescribeVolumes")
		_, client := tm.join(t, change)
		volumesOf(t, lately(t), client)
		if n := tm.count("DescribeVolumes"); n != before+1 {
			t.Errorf("%s: %d calls", name, n-before)
		}
	}
}

func TestAChangeOfOneShowsToAll(t *testing.T) {
	tm := newTeam(t)
	session, one := tm.join(t)
	_, two := tm.join(t)
	_, abroad := tm.join(t, func(s *awsops.Settings) { s.Regions = []string{"eu-west-1"} })
	state := func(client *ec2.Client) types.InstanceStateName {
		out, err := client.DescribeInstances(lately(t), &ec2.DescribeInstancesInput{Filters: []types.Filter{{Name: aws.String("instance-id"), Values: []string{webID}}}})
		if err != nil {
			t.Fatal(err)
		}
		return out.Reservations[0].Instances[0].State.Name
	}
	volumesOf(t, lately(t), abroad)
	if a, b := state(one), state(two); a != "running" || b != "running" {
		t.Fatalf("%s, %s", a, b)
	}
	if _, err := session.Run(t.Context(), tm.request(t, "stop-instances", ids(webID))); err != nil {
		t.Fatal(err)
	}
	if a, b := state(two), state(one); a != "stopping" || b != "stopping" || tm.count("DescribeInstances") != 2 {
		t.Errorf("after a stop others see %s and %s in %d calls", a, b, tm.count("DescribeInstances"))
	}
	before := tm.count("DescribeVolumes")
	if volumesOf(t, lately(t), abroad); tm.count("DescribeVolumes") != before {
		t.Error("a change made the answers of another region stale")
	}
	// A change without an answer may have happened.
	tm.sim.Inject(ec2sim.Fault{Action: "StartInstances", Err: errors.New("gone"), TakesEffect: true})
	_, _ = session.Run(t.Context(), tm.request(t, "start-instances", ids(webID)))
	before = tm.count("DescribeInstances")
	if state(two); tm.count("DescribeInstances") != before+1 {
		t.Error("a change of which the outcome is unknown left old answers in use")
	}
}

// TestSecretsAndChangesAreNeverKept runs the example of each operation twice,
// and looks which requests reached EC2 only once.
func TestSecretsAndChangesAreNeverKept(t *testing.T) {
	tm := newTeam(t)
	_, client := tm.join(t)
	ctx := awsops.Accept{Age: time.Hour, Any: true}.In(t.Context())
	for _, op := range awsops.All() {
		info := op.Info()
		mark := len(tm.wire.sent)
		for range 2 {
			_, _ = op.Run(ctx, client, info.Fresh(info.Example), awsops.CallOptions{DryRun: info.Risk > awsops.Reads, ReadFile: tm.settings.ReadFile})
		}
		times := map[string]int{}
		for _, form := range tm.wire.sent[mark:] {
			times[form.Get("Action")]++
			if private(form) {
				times["private "+form.Get("Action")]++
			}
		}
		for action, n := range times {
			read := slices.ContainsFunc([]string{"Describe", "Get"}, func(p string) bool { return strings.HasPrefix(action, p) })
			if n == 1 && !read {
				t.Errorf("%s: %s was sent once for two", info.Name, action)
			}
			if n == 1 && strings.HasPrefix(action, "private ") {
				t.Errorf("%s: %s is kept", info.Name, action)
			}
		}
	}
}

// private says that an answer may hold a secret.
func private(form url.Values) bool {
	return slices.Contains([]string{"GetConsoleOutput", "GetPasswordData", "DescribeLaunchTemplateVersions"}, form.Get("Action")) ||
		form.Get("Attribute") == "userData"
}

func TestCredentialsAreLoadedOnceAndAnewWhenTheyFail(t *testing.T) {
	tm := newTeam(t)
	var asked atomic.Int32
	var broken atomic.Bool
	good := tm.settings.Keys["test"]
	tm.settings.Keys["test"] = aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		asked.Add(1)
		if broken.Load() {
			return aws.Credentials{}, errors.New("the token has expired")
		}
		return good.Retrieve(ctx)
	})
	broken.Store(true)
	if _, err := awsops.NewSession(tm.settings).Open(t.Context(), "test"); awsops.AsError(err).Code != "NoCredentials" {
		t.Fatalf("got %v", err)
	}
	broken.Store(false)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { tm.join(t) })
	}
	all.Wait()
	if n := asked.Load(); n != 2 {
		t.Errorf("credentials were asked for %d times", n)
	}

	_, old := tm.join(t)
	volumesOf(t, lately(t), old)
	lift := tm.sim.Inject(ec2sim.Fault{Action: "DescribeTags", Code: "RequestExpired", Message: "Request has expired."})
	if _, err := old.DescribeTags(lately(t), &ec2.DescribeTagsInput{}); err == nil {
		t.Fatal("no refusal")
	}
	lift()
	_, anew := tm.join(t)
	volumesOf(t, lately(t), anew)
	if n := tm.count("DescribeVolumes"); n != 2 || asked.Load() != 3 {
		t.Errorf("after a refusal a new session made %d calls with credentials asked for %d times", n-1, asked.Load())
	}
}

// TestComingInCostsNothingMore has a session find its regions and its account.
func TestComingInCostsNothingMore(t *testing.T) {
	tm := newTeam(t)
	tm.settings.Regions = []string{awsops.AllRegions}
	nameless := tm.settings.Keys["test"]
	tm.settings.Keys["test"] = aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		c, err := nameless.Retrieve(ctx)
		c.AccountID = ""
		return c, err
	})
	for range 10 {
		session, _ := tm.join(t)
		if account, err := session.Identify(t.Context(), session.Scopes()[0]); account != "123456789012" {
			t.Errorf("%q, %v", account, err)
		}
	}
	if n := len(tm.sim.Calls()); n != 2 {
		t.Errorf("ten people who came in cost %d calls", n)
	}
}

// slow is a network that holds requests back.
type slow struct {
	to       aws.HTTPClient
	reached  chan struct{}
	open     chan struct{}
	panics   bool
	canceled atomic.Int32
}

func (s *slow) Do(r *http.Request) (*http.Response, error) {
	s.reached <- struct{}{}
	if s.panics {
		panic("out of order")
	}
	select {
	case <-s.open:
		return s.to.Do(r)
	case <-r.Context().Done():
		s.canceled.Add(1)
		return nil, r.Context().Err()
	}
}

func newSlowTeam(t *testing.T) (*team, *slow) {
	tm := newTeam(t)
	s := &slow{to: tm.sim, reached: make(chan struct{}, 1000), open: make(chan struct{})}
	tm.settings.HTTPClient = s
	return tm, s
}

func TestWhoLeavesTakesNothingFromTheRest(t *testing.T) {
	tm, net := newSlowTeam(t)
	_, one := tm.join(t)
	_, two := tm.join(t)
	ask := func(ctx context.Context, client *ec2.Client) <-chan error {
		done := make(chan error, 1)
		go func() {
			_, err := client.DescribeVolumes(awsops.Accept{Age: time.Minute}.In(ctx), &ec2.DescribeVolumesInput{})
			done <- err
		}()
		return done
	}
	ctx, leave := context.WithCancel(t.Context())
	first := ask(ctx, one)
	<-net.reached
	second := ask(t.Context(), two)
	leave()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("who left got %v", err)
	}
	close(net.open)
	if err := <-second; err != nil {
		t.Errorf("who stayed got %v", err)
	}
}

func TestTheLastToLeaveEndsTheRequest(t *testing.T) {
	tm, net := newSlowTeam(t)
	_, client := tm.join(t)
	ctx, leave := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := client.DescribeVolumes(awsops.Accept{Age: time.Minute}.In(ctx), &ec2.DescribeVolumesInput{})
		done <- err
	}()
	<-net.reached
	leave()
	<-done
	for net.canceled.Load() == 0 { // the request ends a moment after its asker
		select {
		case <-t.Context().Done():
		case <-time.After(time.Millisecond):
		}
	}
}

func TestAPanicEndsNoOtherSession(t *testing.T) {
	tm, net := newSlowTeam(t)
	net.panics = true
	_, client := tm.join(t)
	_, err := awsops.VolumesByID(lately(t), client, []string{"vol-0aa00000000000011"})
	if err == nil || !strings.Contains(err.Error(), "broke down") {
		t.Errorf("got %v", err)
	}
}

// TestManySessionsAtOnce is for the race detector: all that the tables read,
// by sessions that use each other's answers.
func TestManySessionsAtOnce(t *testing.T) {
	tm := newTeam(t)
	var all sync.WaitGroup
	ctx := awsops.Accept{Age: time.Hour, Any: true}.In(t.Context())
	for range 10 {
		_, client := tm.join(t)
		all.Go(func() {
			for _, op := range awsops.All() {
				if info := op.Info(); info.Risk == awsops.Reads && info.Secret == "" {
					_, _ = op.Run(ctx, client, info.Example, awsops.CallOptions{ReadFile: tm.settings.ReadFile})
				}
			}
			for _, err := range awsops.Instances(ctx, client) {
				if err != nil {
					t.Error(err)
				}
			}
			if _, err := awsops.InspectInstance(ctx, client, webID); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// TestAListingIsFollowedMidway has one session half way through the two pages
// and sixteen streams of a listing when another begins.
func TestAListingIsFollowedMidway(t *testing.T) {
	tm := newDemoTeam(t, 1500)
	_, one := tm.join(t)
	_, two := tm.join(t)
	list := func(client *ec2.Client, at func(page int)) (rows int) {
		page := 0
		for items, err := range awsops.Instances(lately(t), client) {
			if err != nil {
				t.Fatal(err)
			}
			page++
			rows += len(items)
			at(page)
		}
		return rows
	}
	var followed int
	first := list(one, func(page int) {
		if page <= 2 { // the streams run whenever they like
			tm.pass(time.Second)
		}
		if page == 2 {
			followed = list(two, func(int) {})
		}
	})
	if n := tm.count("DescribeInstances"); n != 18 || first != followed || first < 1500 {
		t.Errorf("%d rows and %d rows took %d calls", first, followed, n)
	}
}
