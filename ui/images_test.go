package ui

import (
	"strings"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"
)

func TestImagesAndTheirLinks(t *testing.T) {
	d := start(t, small()).open("images")
	d.frame("images")
	d.on("app-2026-10").press("enter")
	d.settle()
	d.frame("images-detail")
	d.press("esc", "V")
	d.shows("/id:snap-0aa0000000000000a", "golden")
	d.press("i")
	d.shows("Images 4 ", "/snapshots:snap-0aa0000000000000a", "golden-web-1")
	d.press("q", "q")
	d.on("broken-1").press("n")
	d.shows("is failed, not available")
	d.on("kept-1").press("M")
	d.shows("demands IMDSv2 already, for good")
}

// TestAnInstanceLeadsToItsImage shows an image of AWS's own, which no listing of one's own has.
func TestAnInstanceLeadsToItsImage(t *testing.T) {
	d := start(t, small())
	d.on("web-1").press("@")
	d.settle()
	d.shows("Images 1 of 5", "/id:ami-0aa00000000000001", "al2023-ami-2023.5.20", "public")
	d.press("i")
	d.shows("/image:ami-0aa00000000000001", "web-1", "stopped-1")
	d.hides("graviton-1")
}

func TestAnImageIsMadeOfAnInstance(t *testing.T) {
	d := start(t, small())
	d.on("web-1").press("W")
	d.shows("create-image", "i-0aa00000000000001")
	d.frame("images-create")
	d.type_("by hand")
	for range 9 {
		d.press("enter")
	}
	d.shows("THE INSTANCE IS REBOOTED", "CreateImage")
	d.frame("images-create-ask")
	d.press("y")
	d.settle()
	if n := d.calls("CreateImage"); n != 1 {
		t.Errorf("%d calls", n)
	}
	d.open("images").shows("by hand")
}

func TestWhatGoesWithAnImageIsSaidBefore(t *testing.T) {
	o := small()
	o.width, o.height = 80, 24
	d := start(t, o).open("images")
	d.frame("images-80x24")
	d.on("golden-web-1").press("W")
	d.settle()
	d.shows("ITS SNAPSHOTS ARE DELETED TOO", "snap-0aa0000000000000a", "No instance here was launched from it")
	d.frame("images-deregister-80x24")
	d.type_("ami-0aa00000000000006")
	d.press("enter")
	d.shows("snap-0aa0000000000000a stays (skipped)")
}

func TestAnImageIsLaunched(t *testing.T) {
	d := start(t, small()).open("images")
	d.on("golden-web-1").press("n")
	d.shows("run-instances", "ami-0aa00000000000006")
}

func TestBundleTasksAreOfThePast(t *testing.T) {
	d := start(t, small()).open("bundle-tasks")
	d.shows("AWS has retired bundling. W on an instance makes an image of it.")
	d.frame("bundle-tasks")
}

// legacy is the small fleet as it was when Windows was bundled.
func legacy() options {
	o := small()
	o.change = func(f *ec2sim.Fleet) {
		f.LegacyBundles = true
		f.Images = append(f.Images, ec2sim.ImageSeed{Key: "old-windows", Name: "Windows-2008-s3", Platform: "windows", RootDeviceType: "instance-store", RootDeviceName: "/dev/sda1"})
		r := &f.Accounts[0].Regions[0]
		r.Instances = append(r.Instances, ec2sim.InstanceSeed{ID: bundledInstance, Name: "bundled-1", Type: "m3.medium", Image: "old-windows"})
		r.BundleTasks = []ec2sim.BundleSeed{
			{ID: "bun-0aa00001", Instance: bundledInstance, Bucket: "my-bundles", Prefix: "old", Age: ec2sim.Age(2 * time.Hour)},
			{ID: "bun-0aa00002", Instance: bundledInstance, State: "failed", Bucket: "my-bundles", Prefix: "win/2026", Code: "Client.S3Error", Message: "Error: SignatureDoesNotMatch(403): The request signature we calculated does not match the signature you provided.", Age: ec2sim.Age(time.Hour)},
		}
	}
	return o
}

const bundledInstance = "i-0aa000000000000b1"

func TestABundleTaskAndWhyItFailed(t *testing.T) {
	d := start(t, legacy()).open("bundle-tasks")
	d.press("j", "enter")
	d.settle()
	d.shows("my-bundles", "win/2026", "start the bundle again with correct S3 keys")
	d.frame("bundle-tasks-detail")
	d.press("esc", "K")
	d.shows("bun-0aa00002: is failed, and has ended")
	d.press("i")
	d.shows("Instances 1 of 17", "bundled-1")
}

func TestABundleIsFollowedAndCopiedWithoutACredential(t *testing.T) {
	d := start(t, legacy()).open("bundle-tasks")
	d.press("n")
	d.type_(bundledInstance)
	d.press("tab")
	d.type_("my-bundles")
	d.press("tab")
	d.type_("win")
	d.press("ctrl+y")
	d.shows("copied the command; before it runs, write the secret to the file s3-access-key, without a line end")
	if len(d.copied) != 1 || !strings.Contains(d.copied[0], "--owner-sak file://s3-access-key") || strings.Contains(d.copied[0], "olicy") {
		t.Errorf("copied %q", d.copied)
	}
	d.press("tab", "tab", "enter")
	d.shows("LEGACY: AWS has retired bundling", "bundled-1): Windows, root on instance-store")
	d.press("y")
	d.pass(5 * time.Second)
	d.shows("bundle-instance: [", "bundling")
	d.open("instances").on("bundled-1")
	d.shows("stopped")
	d.frame("bundle-tasks-progress")
	d.pass(20 * time.Second)
	d.open("bundle-tasks").shows("Bundle tasks 3")
}

func TestWithWhomAnImageIsShared(t *testing.T) {
	const organization, unit = "arn:aws:organizations::123456789012:organization/o-exampleorg1", "arn:aws:organizations::123456789012:ou/o-exampleorg1/ou-ab12-example1"
	d := start(t, small()).open("images").on("app-2026-10")
	change := func(key string) {
		d.press(key)
		d.shows("modify-image-attribute", "launchPermission")
		for !strings.Contains(d.line("organization-arns"), "┃") {
			d.press("tab")
		}
		d.type_(organization + "," + unit)
		d.press("enter", "enter", "enter", "enter")
		d.shows("before: ", "after: ")
		d.press("y")
	}
	details := func() { d.press("enter"); d.press("tab", "j", "j", "j", "j", "j", "j", "j", "j") }
	change("s")
	details()
	d.shows("Public         no", "Accounts       210987654321, 333344445555", "Organizations  "+organization, "Their units    "+unit)
	d.frame("images-sharing")
	d.press("tab", "esc")
	change("S")
	details()
	d.shows("Accounts       210987654321, 333344445555", "Organizations  -", "Their units    -")
	d.press("tab", "esc", "esc")
	d.filter("id:" + "ami-0aa00000000000001").press("enter")
	details()
	d.shows("Public         PUBLIC: every AWS account", "Accounts       cannot be read: AuthFailure")
}
