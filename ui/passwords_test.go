package ui

import (
	"github.com/google/go-cmp/cmp"

	"ec2deck/views"
	"strings"
	"testing"
	"time"
)

// password is the text that the view of a secret would copy.
func (d *driver) password() string {
	d.press("y")
	return d.copied[len(d.copied)-1]
}

func TestAPasswordIsShownOnceInItsOwnView(t *testing.T) {
	d := start(t, small()).on("windows-1")
	d.press("P")
	d.shows("get-password-data", "private-key-file (required)")
	d.frame("password-form")
	d.type_("windows.pem")
	d.press("enter", "enter")
	d.settle()
	d.shows("password: shown this once")
	secret := d.password()
	d.shows(secret, "copied")
	if len(secret) != 32 {
		t.Fatalf("%d characters", len(secret))
	}
	d.press("esc", "esc")
	d.hides(secret, "again closes it")
	d.shows("Instances 1 of 16") // there is nothing else to see of it
	d.press("e")
	d.hides(secret)
	d.press("esc", "?")
	d.hides(secret)
	if len(d.model.jobs) > 0 {
		t.Error("the answer is kept")
	}
}

func TestAPasswordIsSavedInAFile(t *testing.T) {
	d := start(t, small()).on("windows-1")
	d.press("P")
	d.type_("windows.pem")
	d.press("enter", "backspace")
	d.type_("password.txt")
	d.press("enter")
	d.settle()
	d.shows("saved in password.txt")
	if secret := strings.TrimSpace(d.files["password.txt"]); len(secret) != 32 || strings.Contains(d.screen(), secret) {
		t.Errorf("%q", d.files)
	}
}

func TestPasswordsThatCannotBeHad(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("P")
	d.shows("is no Windows instance")
	d.press("/", "esc")
	d.on("windows-1").press("P")
	d.type_("nowhere.pem")
	d.press("enter", "enter")
	d.settle()
	d.shows(`: private-key-file "nowhere.pem": `, "no such")
	if d.calls("GetPasswordData") != 0 {
		t.Error("EC2 was asked without a key")
	}
	d.open("key-pairs").on("windows").press("F")
	d.type_("windows.pem")
	d.press("enter")
	d.settle()
	d.shows("check-key-fingerprint", "created by EC2 (SHA-1 of the PKCS#8 private key)")
	d.frame("key-pairs-fingerprint")
	d.press("esc")
	d.on("ops").press("F")
	d.type_("windows.pem")
	d.press("enter")
	d.settle()
	d.shows("OtherKey", "the file is not ops")
}

func TestAServedScreenReadsNoFiles(t *testing.T) {
	o := small()
	o.hosted = true
	d := start(t, o).on("windows-1")
	d.press("P")
	d.shows("get-password-data is refused over SSH: --private-key-file names a file of your own machine")
	d.open("key-pairs").on("windows").press("F")
	d.shows("check-key-fingerprint is refused over SSH: --file names a file of your own machine")
	if len(d.model.overlays) > 0 {
		t.Error("asks for a file all the same")
	}
}

func TestTheWaysIntoAnInstance(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("C")
	d.shows("connect  web-1 (i-0aa00000000000001)", "ssh -i ops.pem ec2-user@ec2-198-51-100-1.compute-1.amazonaws.com", "ubuntu@", "admin@")
	d.frame("connect")
	d.press("y", "j", "y", "G", "y", "k", "k", "k", "k", "y")
	want := []string{
		"ssh -i ops.pem ec2-user@ec2-198-51-100-1.compute-1.amazonaws.com", "ssh -i ops.pem ubuntu@ec2-198-51-100-1.compute-1.amazonaws.com",
		"ssh -i KEY i-0aa00000000000001.port0@serial-console.ec2-instance-connect.us-east-1.aws", "ssh -i ops.pem admin@ec2-198-51-100-1.compute-1.amazonaws.com",
	}
	if strings.Join(d.copied, "\n") != strings.Join(want, "\n") {
		t.Errorf("copied\n%s", strings.Join(d.copied, "\n"))
	}
	d.press("j", "y", "j", "y", "esc")
	if got := strings.Join(d.copied[4:], "\n"); got != "aws ssm start-session --target i-0aa00000000000001 --region us-east-1 --profile test\n"+
		"aws ec2-instance-connect ssh --instance-id i-0aa00000000000001 --region us-east-1 --profile test" {
		t.Errorf("copied %s", got)
	}
	d.on("windows-1").press("C")
	d.shows("xfreerdp /u:Administrator /v:10.0.", "from inside its network", "mstsc", "P asks for the password")
	d.hides("ssh -i")
	d.frame("connect-windows")
	d.press("q")
	d.on("stopped-1").press("C")
	d.shows("is stopped, not running or pending")
}

func TestAnInstanceIsLoggedInTo(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("C", "enter")
	d.shows("nothing is run from here unless the configuration says")
	o := small()
	o.ssh = views.SSH{Run: true, User: "ops", Key: "~/.ssh/{key}.pem", Command: []string{"ssh", "-o", "ConnectTimeout=10"}}
	d = start(t, o).on("web-1")
	d.press("C")
	d.shows("> ssh -o ConnectTimeout=10 -i ~/.ssh/ops.pem ops@ec2-198-51-100-1.compute-1.amazonaws.com", "SSH as ops")
	d.hides("ubuntu@", "ec2-user@")
	d.press("enter")
	d.shows("ssh has ended")
	want := [][]string{{"ssh", "-o", "ConnectTimeout=10", "-i", "~/.ssh/ops.pem", "ops@ec2-198-51-100-1.compute-1.amazonaws.com"}}
	if diff := cmp.Diff(want, d.ran); diff != "" {
		t.Error(diff)
	}
	d.press("j", "enter") // the session manager's line is for copying only
	d.shows("enter does nothing here")
	o.ssh.Command = []string{"broken"}
	d = start(t, o).on("web-1")
	d.press("C", "enter")
	d.shows("broken: exit status 255")
	o.hosted = true
	d = start(t, o).on("web-1")
	d.press("C", "enter")
	d.shows("is refused over SSH: it would run on the server")
	if len(d.ran) > 0 {
		t.Error(d.ran)
	}
}

func TestTheWaysIntoAnInstanceScrollOnASmallScreen(t *testing.T) {
	o := small()
	o.width, o.height = 80, 24
	d := start(t, o).on("web-1")
	d.press("C")
	d.frame("connect-80x24")
	d.press("G")
	d.shows("> ssh -i KEY", "i-0aa00000000000001.port0@serial-console")
	d.press("g")
	d.shows("> ssh -i ops.pem ec2-user@")
}

// TestAPasswordTakesMinutes launches Windows and asks too early.
func TestAPasswordTakesMinutes(t *testing.T) {
	d := start(t, small())
	d.press("n")
	d.fillIn("run-instances", map[string]string{"image-id": "ami-0aa00000000000003", "instance-type": "m5.large", "key-name": "windows", "instance-name": "fresh"})
	d.press("y")
	d.pass(6 * time.Second)
	ask := func() {
		d.on("fresh").press("P")
		d.type_("windows.pem")
		d.press("enter", "enter")
		d.settle()
	}
	ask()
	d.shows("NoPassword", "within 15 minutes after the launch")
	d.pass(4 * time.Minute)
	ask()
	d.shows("password: shown this once")
}
