package awsops_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

const (
	goldenImage, sharedImage = "ami-0aa00000000000006", "ami-0aa00000000000007"
	brokenImage, keptImage   = "ami-0aa00000000000008", "ami-0aa00000000000009"
	amazonsImage             = "ami-0aa00000000000001"
	protectedVM              = "i-0aa00000000000003"
)

func ofImage(id string, more ...string) awsops.Values {
	return inputs(append([]string{"image-id", id}, more...)...)
}

// permitting is a change of who may launch an image.
func permitting(id string, more ...string) awsops.Values {
	return ofImage(id, append([]string{"attribute", "launchPermission"}, more...)...)
}

func baking(more ...string) awsops.Values {
	return inputs(append([]string{"instance-id", protectedVM, "name", "baked"}, more...)...)
}

func TestTheLifeOfAnImage(t *testing.T) {
	b := newBench(t)
	says(t, b.foreseen(t, "create-image", baking()), "THE INSTANCE IS REBOOTED if it is running. --no-reboot true leaves it alone.", protectedVM+" (protected-1) is running, and has 2 volumes")
	if text := b.foreseen(t, "create-image", baking("no-reboot", "true")); strings.Contains(text, "REBOOTED") || !strings.Contains(text, "may not be whole") {
		t.Error(text)
	}
	r := b.request(t, "create-image", baking("delete-devices", "/dev/sdf", "add-devices", "/dev/sdz=3", "tags", "Name=baked", "snapshot-tags", "Name=behind"))
	res, err := b.Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	id := output(res, "image-id").(string)
	expect := r.Operation.Info().Expect
	for _, want := range []int{0, 50} {
		p, err := b.Progress(t.Context(), b.scope, expect, expect.Awaited(r, res), 0)
		if err != nil || p.Percent[id] != want || p.Done(1) {
			t.Errorf("%+v %v, want %d %%", p, err, want)
		}
		b.clock.sleep(t.Context(), 1500*time.Millisecond)
	}
	if res, err = b.Wait(t.Context(), r, res, b.clock.sleep); err != nil || res.Items[0].To != "available" {
		t.Errorf("%v %v", res, err)
	}
	res = b.run(t, "get-image-details", ofImage(id))
	says(t, fmt.Sprint(res.Outputs), "{status available}", "/dev/sdf", "/dev/sdz  3 GiB gp3", "{root-device-type ebs}", "[Name=baked]")
	snapshots := output(res, "snapshot-ids").([]string)
	says(t, b.foreseen(t, "deregister-image", ofImage(id)), "No instance here was launched from it", snapshots[0], "Its snapshots stay, and cost money")
	_, err = b.Run(t.Context(), b.request(t, "create-image", baking()))
	expectError(t, err, "InvalidAMIName.Duplicate", 1, "An image of that name exists")
	res = b.run(t, "deregister-image", ofImage(id, "delete-associated-snapshots", "true"))
	if output(res, "result") != true || len(res.Table.Rows) != 3 || res.Table.Rows[0][1] != "success" {
		t.Errorf("%v %v", res.Outputs, res.Table)
	}
	if res = b.run(t, "get-image-details", ofImage(id)); output(res, "status") != "deregistered" {
		t.Errorf("%v", res.Outputs)
	}
	for range 2 { // first the list is empty, then EC2 knows it no more
		b.clock.sleep(t.Context(), 5*time.Second)
		_, err = b.Run(t.Context(), b.request(t, "get-image-details", ofImage(id)))
		if e := awsops.AsError(err); e == nil || e.Code != "InvalidAMIID.NotFound" || !strings.Contains(e.Error(), "it may be deregistered") && !strings.Contains(e.Error(), "may be deregistered") {
			t.Errorf("%v", err)
		}
	}
}

func TestWhatGoesWithAnImage(t *testing.T) {
	b := newBench(t)
	b.run(t, "run-instances", awsops.Values{"image-id": {sharedImage}, "instance-type": {"t3.micro"}, "instance-name": {"from-shared"}})
	says(t, b.foreseen(t, "deregister-image", ofImage(sharedImage, "delete-associated-snapshots", "true")), "1 instances here were launched from it, and cannot be launched again:", "(from-shared)",
		"Snapshots behind it: "+goldenSnapshot, "can no longer launch it: 210987654321, 333344445555", "ITS SNAPSHOTS ARE DELETED TOO")
	res := b.run(t, "deregister-image", ofImage(goldenImage, "delete-associated-snapshots", "true"))
	if res.Table.Rows[0][1] != "skipped" || res.Message != goldenSnapshot+" stays (skipped)" {
		t.Errorf("%v %q", res.Table.Rows, res.Message)
	}
	if need, err := b.Need(b.request(t, "deregister-image", ofImage(sharedImage))); err != nil || need != awsops.Typed {
		t.Errorf("%d %v", need, err)
	}
}

func TestWhoMayLaunchAnImage(t *testing.T) {
	b := newBench(t)
	organization := "arn:aws:organizations::123456789012:organization/o-exampleorg1"
	says(t, b.foreseen(t, "modify-image-attribute", permitting(goldenImage, "user-ids", "2109-8765-4321")), "before: private", "after:  "+otherAccount)
	res := b.run(t, "modify-image-attribute", permitting(goldenImage, "user-ids", "2109-8765-4321"))
	if res.Message != "shared with "+otherAccount {
		t.Errorf("%q", res.Message)
	}
	b.run(t, "modify-image-attribute", permitting(goldenImage, "organization-arns", organization))
	says(t, b.foreseen(t, "modify-image-attribute", permitting(goldenImage, "groups", "all")), "PUBLIC: every AWS account in the world", "after:  210987654321, all, "+organization, "Block of public images in this account and region: unblocked")
	b.run(t, "modify-image-attribute", permitting(goldenImage, "groups", "all"))
	if got := fmt.Sprint(output(b.run(t, "get-image-details", ofImage(goldenImage)), "launch-permissions")); got != "[210987654321 all "+organization+"]" {
		t.Error(got)
	}
	says(t, b.foreseen(t, "reset-image-attribute", permitting(goldenImage)), "these can no longer launch it: 210987654321, all")
	if res = b.run(t, "modify-image-attribute", permitting(goldenImage, "groups", "all", "operation-type", "remove")); res.Message != "shared with 210987654321, "+organization {
		t.Errorf("%q", res.Message)
	}
	b.run(t, "reset-image-attribute", permitting(goldenImage))
	if got := fmt.Sprint(output(b.run(t, "get-image-details", ofImage(goldenImage)), "launch-permissions")); got != "[]" {
		t.Error(got)
	}
	if res = b.run(t, "get-image-block-public-access-state", nil); output(res, "state") != "unblocked" || output(res, "managed-by") != "account" {
		t.Errorf("%v", res.Outputs)
	}
	if res = b.run(t, "get-image-details", ofImage(amazonsImage)); res.Message != "the launch permissions cannot be read: AuthFailure" {
		t.Errorf("%q", res.Message)
	}
}

func TestDescribingAnImage(t *testing.T) {
	b := newBench(t)
	says(t, b.foreseen(t, "modify-image-attribute", ofImage(goldenImage, "attribute", "description", "value", "new words")), `before: "web servers"`, `after:  "new words"`)
	b.run(t, "modify-image-attribute", ofImage(goldenImage, "attribute", "description", "value", "new words"))
	imds := ofImage(goldenImage, "attribute", "imdsSupport", "value", "v2.0")
	says(t, b.foreseen(t, "modify-image-attribute", imds), "FOR GOOD: IMDS support v2.0 cannot be withdrawn")
	b.run(t, "modify-image-attribute", imds)
	res := b.run(t, "get-image-details", ofImage(goldenImage))
	if output(res, "description") != "new words" || output(res, "imds-support") != "v2.0" {
		t.Errorf("%v", res.Outputs)
	}
	for _, test := range []struct {
		v    awsops.Values
		need awsops.Confirmation
	}{
		{imds, awsops.SaidTwice}, {permitting(goldenImage, "groups", "all"), awsops.SaidTwice}, {permitting(goldenImage, "groups", "all", "operation-type", "remove"), awsops.SaidYes},
		{permitting(goldenImage, "user-ids", otherAccount), awsops.SaidYes}, {ofImage(goldenImage, "attribute", "description", "value", ""), awsops.SaidYes},
	} {
		if need, err := b.Need(b.request(t, "modify-image-attribute", test.v)); err != nil || need != test.need {
			t.Errorf("%v needs %d, want %d: %v", test.v, need, test.need, err)
		}
	}
}

func TestACopyOfAnImageIsMadeInTheOtherRegion(t *testing.T) {
	b := newBench(t)
	says(t, b.foreseen(t, "copy-image", ofImage(sharedImage, "name", "copied")), sharedImage+" (app-2026-10) is available")
	res := b.waited(t, "copy-image", ofImage(sharedImage, "name", "copied", "destination-region", "eu-west-1", "copy-image-tags", "true"))
	id := output(res, "image-id").(string)
	if output(res, "region") != "eu-west-1" || res.Items[0].To != "available" || res.Items[0].ID != "eu-west-1/"+id {
		t.Errorf("%v %v", res.Outputs, res.Items)
	}
	for _, c := range b.sim.Calls() {
		if c.Action == "CopyImage" && (c.Region != "eu-west-1" || c.Form.Get("SourceRegion") != "us-east-1") {
			t.Errorf("asked in %s for %s", c.Region, c.Form.Get("SourceRegion"))
		}
	}
	r := b.request(t, "copy-image", ofImage(sharedImage, "name", "failing", "encrypted", "true", "kms-key-id", "alias/none"))
	res, err := b.Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if res, err = b.Wait(t.Context(), r, res, b.clock.sleep); err != nil || len(res.Failed()) != 1 {
		t.Errorf("%v %v", res, err)
	}
}

func TestListingImages(t *testing.T) {
	b := newBench(t)
	res := b.run(t, "describe-images", nil)
	var columns []string
	for _, c := range res.Table.Columns {
		if !c.Extra {
			columns = append(columns, c.Name)
		}
	}
	if got := strings.Join(columns, " "); len(columns) != 16 || len(res.Table.Rows) != 4 || !strings.HasPrefix(got, "image-id name image-location description public") {
		t.Errorf("%s, %d rows", got, len(res.Table.Rows))
	}
	for _, row := range res.Table.Rows {
		if row[0] == brokenImage && (row[9] != "failed" || !strings.Contains(fmt.Sprint(row[13]), "Given key ID is not accessible")) {
			t.Errorf("%v", row)
		}
	}
	if res = b.run(t, "describe-images", awsops.Values{"owners": {"amazon"}, "platform": {"windows"}, "filters": {"name=Windows*"}}); len(res.Table.Rows) != 1 {
		t.Errorf("%v", res.Table.Rows)
	}
	if res = b.run(t, "describe-images", awsops.Values{"image-ids": {keptImage, goldenImage}}); res.Table.Rows[0][0] != keptImage || len(res.Table.Rows) != 2 {
		t.Errorf("%v", res.Table.Rows)
	}
	client, _ := b.Client(b.scope)
	var seen []string
	for page, err := range awsops.Images(t.Context(), client) {
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page {
			seen = append(seen, *i.ImageId)
		}
	}
	if !slices.Equal(seen, []string{goldenImage, sharedImage, brokenImage, keptImage}) {
		t.Errorf("%v", seen)
	}
}

// TestPublicImagesAreCut keeps a listing of public images in bounds.
func TestPublicImagesAreCut(t *testing.T) {
	b := onFleet(t, demo(t, func(f *ec2sim.Fleet) {
		f.Images = append(f.Images, ec2sim.ImageSeed{Key: "many", Name: "al2023-build-#", Count: 1200})
	}), 0)
	res := b.run(t, "describe-images", awsops.Values{"owners": {"amazon"}, "filters": {"name=al2023-build-*"}})
	if len(res.Table.Rows) != 1000 || !strings.Contains(res.Message, "the first 1000; there are more: narrow it") || b.count("DescribeImages") != 10 {
		t.Errorf("%d rows, %q", len(res.Table.Rows), res.Message)
	}
}

func TestAdviceOnImages(t *testing.T) {
	arn := "arn:aws:organizations::123456789012:organization/o-exampleorg1"
	for _, test := range []struct {
		name, op string
		v        awsops.Values
		code     string
		exit     int
		says     string
	}{
		{"an unknown image", "get-image-details", ofImage("ami-0fffffff"), "InvalidAMIID.NotFound", 1, "AMI IDs are per region: check us-east-1"},
		{"Amazon's", "modify-image-attribute", permitting("ami-0aa00000000000005", "groups", "all"), "AuthFailure", 4, "only its owner changes it"},
		{"another's image", "deregister-image", ofImage(amazonsImage), "AuthFailure", 4, "only its owner deregisters it"},
		{"a protected one", "deregister-image", ofImage(keptImage), "OperationNotPermitted", 1, "Deregistration protection is on"},
		{"product codes", "modify-image-attribute", ofImage(goldenImage, "attribute", "productCodes", "product-code", "774F4FF8"), "UnsupportedOperation", 1, "DevPay, which is gone"},
		{"a bundle out of reach", "register-image", awsops.Values{"image-location": {"private-x/win.manifest.xml"}}, "InvalidManifest", 1, "EC2 must be able to read the bucket"},
		{"another's snapshot", "register-image", awsops.Values{"root-snapshot-id": {"snap-0fffffff"}, "name": {"abc"}}, "InvalidSnapshot.NotFound", 1, "not shared with you"},
		{"an instance store", "create-image", baking("instance-id", "i-0aa00000000000004"), "InvalidParameterValue", 1, "no volume to take a snapshot of"},
		{"a pending instance", "create-image", baking("instance-id", "i-0aa0000000000000c"), "IncorrectState", 1, "running or stopped"},
		{"a name that is taken", "create-image", baking("name", "golden-web-1"), "InvalidAMIName.Duplicate", 1, "choose another"},
		{"copying what failed", "copy-image", ofImage(brokenImage, "name", "abc"), "InvalidAMIID.Unavailable", 1, "not available: wait"},
		{"sharing another's", "modify-image-attribute", permitting(amazonsImage, "organization-arns", arn), "AuthFailure", 4, "only its owner changes it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			_, err := b.Run(t.Context(), b.request(t, test.op, test.v))
			expectError(t, err, test.code, test.exit, test.says)
		})
	}
	dublin := newBench(t, func(s *awsops.Settings) { s.Regions = []string{"eu-west-1"} })
	_, err := dublin.Run(t.Context(), dublin.request(t, "modify-image-attribute", permitting("ami-0aa0000000000000a", "groups", "all")))
	expectError(t, err, "OperationNotPermitted", 1, "block of public images is lifted in the EC2 settings")
	b := newBench(t)
	id := output(b.waited(t, "create-image", baking("instance-id", webID)), "image-id").(string) // its root has the default key
	_, err = b.Run(t.Context(), b.request(t, "modify-image-attribute", permitting(id, "user-ids", otherAccount)))
	expectError(t, err, "InvalidParameter", 1, "copy the image with a key of your own")
	b.run(t, "deregister-image", ofImage(id))
	_, err = b.Run(t.Context(), b.request(t, "reset-image-attribute", permitting(id)))
	expectError(t, err, "InvalidAMIID.Unavailable", 1, "may be deregistered, private or excluded")
}

func TestImageDryRuns(t *testing.T) {
	b := newBench(t)
	for name, v := range map[string]awsops.Values{
		"create-image": baking(), "copy-image": ofImage(goldenImage, "name", "abc"), "register-image": {"root-snapshot-id": {ownSnapshot}, "name": {"abc"}},
		"deregister-image": ofImage(goldenImage), "modify-image-attribute": permitting(goldenImage, "groups", "all"), "reset-image-attribute": permitting(sharedImage),
	} {
		r := b.request(t, name, v)
		r.DryRun = true
		if res, err := b.Run(t.Context(), r); err != nil || !strings.HasPrefix(res.Message, "permitted") {
			t.Errorf("%s: %q %v", name, res.Message, err)
		}
	}
	if n := len(b.run(t, "describe-images", nil).Table.Rows); n != 4 {
		t.Errorf("dry runs changed something: %d images", n)
	}
}

func TestImageRules(t *testing.T) {
	manifest := func(at string, more ...string) awsops.Values {
		v := awsops.Values{"image-location": {at}}
		for i := 0; i < len(more); i += 2 {
			v = v.With(more[i], more[i+1])
		}
		return v
	}
	const name = "write 3 to 128 letters, digits, blanks and ()[]./-'@_"
	checkRules(t, []ruleCase{
		{"create-image", baking("name", "ab"), `--name "ab": ` + name},
		{"create-image", baking("name", "abc"), ""},
		{"create-image", baking("name", strings.Repeat("n", 128)), ""},
		{"create-image", baking("name", "a+b"), `--name "a+b": ` + name},
		{"create-image", baking("omit-devices", "/dev/sdf", "keep-devices", "/dev/xvdf"), `--omit-devices "/dev/sdf": is given in --keep-devices too`},
		{"create-image", baking("add-devices", "/dev/sdh=0"), `--add-devices "/dev/sdh=0": write DEVICE=GiB, DEVICE=snap-... or DEVICE=ephemeral0`},
		{"create-image", baking("add-devices", "/dev/sdh=65536"), ""},
		{"create-image", baking("add-devices", "/dev/sdh=ephemeral24"), `--add-devices "/dev/sdh=ephemeral24": write DEVICE=GiB, DEVICE=snap-... or DEVICE=ephemeral0`},
		{"describe-images", awsops.Values{"owners": {"ubuntu"}}, `--owners "ubuntu": write self, amazon, aws-marketplace, aws-backup-vault, or an account ID of 12 digits`},
		{"describe-images", awsops.Values{"owners": {"1234567890123"}}, `--owners "1234567890123": write self, amazon, aws-marketplace, aws-backup-vault, or an account ID of 12 digits`},
		{"describe-images", awsops.Values{"executable-by": {"all"}}, `--executable-by "all": would list more than 100,000 public images; add --owners, or --filters name=...`},
		{"describe-images", awsops.Values{"executable-by": {"all"}, "filters": {"name=al2023*"}}, ""},
		{"describe-images", awsops.Values{"executable-by": {"self"}}, ""},
		{"describe-images", awsops.Values{"page-size": {"1001"}}, `--page-size "1001": write a number from 1 to 1000`},
		{"describe-images", awsops.Values{"page-size": {"1"}}, ""},
		{"describe-images", awsops.Values{"page-size": {"5"}, "image-ids": {goldenImage}}, "--page-size cannot be used together with --image-ids"},
		{"describe-images", awsops.Values{"image-ids": {"aki-0aa00000 ari-0aa00000"}}, ""},
		{"get-image-details", ofImage("snap-0aa00000"), `--image-id "snap-0aa00000": write ami-, aki- or ari- and 8 or 17 hex digits`},
		{"modify-image-attribute", permitting(goldenImage), "--user-ids or --groups is required: give at least one account ID, or the group all"},
		{"modify-image-attribute", permitting(goldenImage, "groups", "some"), `--groups "some": write all`},
		{"modify-image-attribute", permitting(goldenImage, "user-ids", "12345678901"), `--user-ids "12345678901": write an account ID of 12 digits`},
		{"modify-image-attribute", permitting(goldenImage, "groups", "all", "operation-type", "set"), `--operation-type "set": choose one of add, remove`},
		{"modify-image-attribute", permitting(goldenImage, "groups", "all", "value", "x"), "--value goes with the attributes description and imdsSupport"},
		{"modify-image-attribute", ofImage(goldenImage, "attribute", "description", "groups", "all"), "--operation-type and who may launch are for the attribute launchPermission"},
		{"modify-image-attribute", ofImage(goldenImage, "attribute", "imdsSupport", "value", "v1.0"), `--value "v1.0": v2.0 is the only one for imdsSupport`},
		{"modify-image-attribute", ofImage(goldenImage, "attribute", "description"), "--value goes with the attributes description and imdsSupport"},
		{"modify-image-attribute", ofImage(goldenImage, "attribute", "productCodes"), "--product-code goes with the attribute productCodes; choose launchPermission otherwise. EC2 no longer accepts product codes."},
		{"reset-image-attribute", ofImage(goldenImage, "attribute", "productCodes"), `--attribute "productCodes": product codes are permanent; only launchPermission can be reset`},
		{"reset-image-attribute", ofImage(goldenImage, "attribute", "description"), `--attribute "description": write launchPermission`},
		{"register-image", awsops.Values{"name": {"abc"}}, "--root-snapshot-id or --image-location is required, and not both"},
		{"register-image", awsops.Values{"root-snapshot-id": {ownSnapshot}}, "--name is required with --root-snapshot-id"},
		{"register-image", manifest("bucket/image.xml"), `--image-location "bucket/image.xml": write bucket/path.manifest.xml`},
		{"register-image", manifest("/bucket/a/image.manifest.xml"), ""},
		{"register-image", manifest("bucket/ab.manifest.xml"), `--name "ab": ` + name},
		{"register-image", manifest("bucket/ab.manifest.xml", "root-device-name", "/dev/sda1"), "--root-device-name is for --root-snapshot-id"},
		{"copy-image", ofImage(goldenImage, "name", "abc", "kms-key-id", "alias/data"), "--kms-key-id needs --encrypted true"},
		{"copy-image", ofImage(goldenImage, "name", "abc", "destination-region", "Dublin"), `--destination-region "Dublin": write a region such as eu-west-1`},
	})
}
