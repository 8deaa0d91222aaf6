package ui

import (
	"os"
	"path/filepath"
	"testing"

	"ec2deck/awsops/ec2sim"
)

// withRole has the profiles base and ops; ops is a role that needs a code.
func withRole(t *testing.T, o options) *driver {
	t.Helper()
	o.sim = newSim(t, o, nil)
	account := o.sim.Accounts()[0]
	dir := t.TempDir()
	for name, text := range map[string]string{
		"config": "[profile ops]\nrole_arn = arn:aws:iam::" + account.ID + ":role/ops\nsource_profile = base\n" +
			"mfa_serial = arn:aws:iam::" + account.ID + ":mfa/ada\n",
		"credentials": "[base]\naws_access_key_id = " + account.AccessKeyID + "\naws_secret_access_key = " + account.SecretAccessKey + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"AWS_CA_BUNDLE", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
	o.files = true
	return start(t, o)
}

func TestACodeIsAskedForOnceAndHoldsNobodyUp(t *testing.T) {
	o := small()
	o.profiles, o.regions = []string{"base", "ops"}, []string{"us-east-1", "eu-west-1"}
	d := withRole(t, o)
	d.frame("code")
	d.shows("Profile ops needs a code", "arn:aws:iam::123456789012:mfa/ada")
	rows := d.line("Instances ")
	d.type_("31 41x")
	d.shows("code: ****")
	d.hides("3141", "31 4")
	d.press("enter")
	d.shows("six digits that the device shows")
	d.type_("000000")
	d.press("enter")
	d.shows("the code was refused: MultiFactorAuthentication failed")
	d.hides("code: 0")
	d.type_(ec2sim.MFACode)
	d.press("enter")
	d.hides("needs a code", ec2sim.MFACode)
	d.shows("2 profiles, 2 regions")
	if d.line("Instances ") == rows {
		t.Errorf("there are no more rows: %s", rows)
	}
	if n := d.calls("AssumeRole"); n != 2 {
		t.Errorf("the role was assumed %d times", n)
	}
	d.press("e")
	d.hides(ec2sim.MFACode)
}

func TestWhoHasNoCodeIsAskedAgainByRefresh(t *testing.T) {
	o := small()
	o.profiles = []string{"base", "ops"}
	d := withRole(t, o)
	d.press("esc")
	d.hides("Its role is given")
	d.shows("profile ops stays closed", "web-1")
	d.pass(60e9)
	d.hides("Its role is given")
	d.press("r")
	d.shows("Profile ops needs a code")
	d.type_(ec2sim.MFACode)
	d.press("enter")
	d.shows("2 profiles")
}

func TestAProfileThatIsPickedAsksToo(t *testing.T) {
	o := small()
	o.profiles, o.known = []string{"base"}, []string{"base", "ops"}
	d := withRole(t, o)
	d.press(",")
	d.scope("ops")
	d.shows("Profile ops needs a code")
	d.type_(ec2sim.MFACode)
	d.press("enter")
	d.shows("[ ] ops eu-west-1")
	d.scope("ops eu")
	d.shows("[x] ops 123456789012 eu-west-1")
	if n := d.calls("AssumeRole"); n != 1 {
		t.Errorf("the role was assumed %d times", n)
	}
}
