package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"ec2deck/awsops/ec2sim"
)

// logged is a screen with a log, after a refresh that EC2 slowed down and a
// change that it refused.
func logged(t *testing.T, change func(*options)) *driver {
	t.Helper()
	o := small()
	o.log = true
	if change != nil {
		change(&o)
	}
	d := start(t, o)
	d.sim.Inject(ec2sim.Fault{Action: "StopInstances", Code: "UnauthorizedOperation", Message: "You are not authorized", Status: 403, Times: 1})
	d.press("j", "S", "y")
	return d
}

func TestTheAPILogIsLive(t *testing.T) {
	d := logged(t, nil)
	d.press("#")
	d.shows("StopInstances", "UnauthorizedOperation", "403")
	before := strings.Count(d.screen(), "DescribeInstances")
	d.pass(31 * time.Second) // the table below goes on
	if after := strings.Count(d.screen(), "DescribeInstances"); after <= before {
		t.Errorf("%d lines, before %d", after, before)
	}
	d.press("#") // is here already
	d.press("esc")
	d.hides("API log")
}

func TestTheAPILogIsInThePalette(t *testing.T) {
	d := logged(t, func(o *options) { o.width, o.height = 80, 24 })
	d.press(":")
	d.type_("api-log")
	d.press("enter", "/")
	d.type_("unauthorized")
	d.frame("api-log-80")
}

func TestTheAPILogIsFiltered(t *testing.T) {
	d := logged(t, nil)
	d.press("#", "/")
	d.type_("i-0aa -describe")
	d.press("enter")
	d.shows("StopInstances", "1 of")
	d.frame("api-log")
	d.hides("DescribeInstances")
	d.press("/", "esc")
	d.shows("DescribeInstances")
}

func TestACallShowsWhatWasAskedAndCopies(t *testing.T) {
	d := logged(t, nil)
	d.press("#", "/")
	d.type_("stopinstances")
	d.press("enter", "y")
	if got := d.copied[len(d.copied)-1]; !strings.HasPrefix(got, "aws ec2 stop-instances --instance-ids i-0aa") {
		t.Error(got)
	}
	d.press("enter")
	d.shows("UnauthorizedOperation", "Attempt 1", "Parameters", "InstanceIds:", "As command", "Authorization: (secret)")
	d.press("G")
	d.shows("<Code>UnauthorizedOperation</Code>")
	d.press("esc", "ctrl+y")
	d.shows("request ID", "as an aws command", "error")
}

func TestTheCursorStaysOnItsCall(t *testing.T) {
	d := logged(t, nil)
	d.press("#", "j", "j")
	at := func() string {
		lines := strings.Split(d.screen(), "\n")
		i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "> ") })
		return lines[i]
	}
	before := at()
	d.pass(31 * time.Second)
	if after := at(); after != before {
		t.Errorf("%q was %q", after, before)
	}
}

func TestASessionWithoutALogSaysSo(t *testing.T) {
	d := start(t, small())
	d.press("#")
	d.shows("keeps no log")
	d.press("y")
	d.shows("no call here yet")
}

func TestTheAPILogIsNarrowedToATime(t *testing.T) {
	d := logged(t, nil)
	d.press("#")
	d.pass(90 * time.Second)
	d.press("/")
	d.type_("since:30s")
	d.hides("StopInstances")
	d.press("esc", "/")
	d.type_("until:1m stop")
	d.shows("StopInstances", "1 of")
	d.press("esc", "/")
	d.type_("since:noon")
	d.shows("since:noon is no time: write 15:04")
}

func TestTheAPILogIsExportedAsFiltered(t *testing.T) {
	d := logged(t, nil)
	d.press("#", "/")
	d.type_("stopinstances")
	d.press("enter", ">")
	d.type_("calls.csv")
	d.press("enter")
	d.shows("1 row as csv in calls.csv")
	lines := strings.Split(d.files["calls.csv"], "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "time,profile,region,service,operation,parameters,result,code,message,http-status,request-id,duration-ms,tries,attempts") ||
		!strings.Contains(lines[1], `,StopInstances,"{""InstanceIds"":[""i-0aa`) || !strings.Contains(lines[1], ",failed,UnauthorizedOperation,") || !strings.Contains(lines[1], ",403,") {
		t.Errorf("%q", lines)
	}
}

func TestAFilterOfALongAPILogMakesEachTextOnce(t *testing.T) {
	unraced(t)
	d := logged(t, nil)
	scope := d.model.env.Session.Scopes()[0]
	client, err := d.model.env.Session.Client(scope)
	if err != nil {
		t.Fatal(err)
	}
	for range 2000 {
		if _, err := client.DescribeVolumes(t.Context(), &ec2.DescribeVolumesInput{VolumeIds: []string{"vol-0123456789abcdef0"}}); err == nil {
			t.Fatal("there is such a volume")
		}
	}
	d.press("#", "/", "v")
	d.shows("2000 of 2000 calls match v")
	// What is drawn allocates about a thousand times.
	if n := testing.AllocsPerRun(10, func() { d.keys("o", "backspace") }); n > 2000 {
		t.Errorf("two letters allocate %.0f times", n)
	}
}
