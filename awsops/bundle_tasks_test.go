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
	bundledInstance = "i-0aa000000000000b1"
	endedTask       = "bun-0aa00001"
)

// legacyBench is on the small fleet as it was when Windows was bundled.
func legacyBench(t *testing.T) *bench {
	return onFleet(t, changed(t, "../testdata/fleets/small.json", func(f *ec2sim.Fleet) {
		f.LegacyBundles = true
		f.Images = append(f.Images, ec2sim.ImageSeed{Key: "old-windows", Name: "Windows-2008-s3", Platform: "windows", RootDeviceType: "instance-store", RootDeviceName: "/dev/sda1"})
		r := &f.Accounts[0].Regions[0]
		r.Instances = append(r.Instances, ec2sim.InstanceSeed{ID: bundledInstance, Name: "bundled-1", Type: "m3.medium", Image: "old-windows"})
		r.BundleTasks = []ec2sim.BundleSeed{{ID: endedTask, Instance: bundledInstance, Bucket: "my-bundles", Prefix: "old", Age: ec2sim.Age(time.Hour)}}
	}), 0)
}

func bundling(more ...string) awsops.Values {
	v := awsops.Values{"instance-id": {bundledInstance}, "storage-bucket": {"my-bundles"}, "storage-prefix": {"win"}}
	for i := 0; i < len(more); i += 2 {
		v = v.With(more[i], more[i+1])
	}
	return v
}

func TestBundlingOfOld(t *testing.T) {
	b := legacyBench(t)
	says(t, b.foreseen(t, "bundle-instance", bundling()), "LEGACY: AWS has retired bundling", "create-image", "THE INSTANCE IS SHUT DOWN while it is bundled", "my-bundles/win.manifest.xml", bundledInstance+" (bundled-1): Windows, root on instance-store")
	says(t, b.foreseen(t, "bundle-instance", bundling("instance-id", windowsVM)), "it cannot be bundled")
	res := b.waited(t, "bundle-instance", bundling())
	id := output(res, "bundle-id").(string)
	if output(res, "status") != "pending" || output(res, "start-time") == nil || res.Items[0].To != "complete" {
		t.Errorf("%v %v", res.Outputs, res.Items)
	}
	res = b.run(t, "get-bundle-task-details", awsops.Values{"bundle-id": {id}})
	if output(res, "instance-id") != bundledInstance || output(res, "bucket") != "my-bundles" || output(res, "prefix") != "win" || output(res, "progress") != "100%" || output(res, "error") != nil {
		t.Errorf("%v", res.Outputs)
	}
	for _, sent := range b.wire.sent {
		if strings.Contains(fmt.Sprint(sent), "not/real") {
			t.Errorf("the secret was sent: %v", sent)
		}
	}
	res = b.run(t, "describe-bundle-tasks", awsops.Values{})
	if len(res.Table.Rows) != 2 || res.Message != "" {
		t.Errorf("%v %q", res.Table.Rows, res.Message)
	}
}

func TestAWrongSecretShowsLate(t *testing.T) {
	b := legacyBench(t)
	r := b.request(t, "bundle-instance", bundling("s3-access-key-id", "AKIASIMULATORTEST001", "s3-access-key", "wrong"))
	res, err := b.Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	says(t, b.foreseen(t, "bundle-instance", bundling()), "is pending for "+bundledInstance+": only one task at a time")
	_, err = b.Run(t.Context(), r)
	expectError(t, err, "BundlingInProgress", 1, "Wait for the running task")
	if res, err = b.Wait(t.Context(), r, res, b.clock.sleep); err != nil || len(res.Failed()) != 1 {
		t.Fatalf("%v %v", res, err)
	}
	res = b.run(t, "get-bundle-task-details", awsops.Values{"bundle-id": {res.Items[0].ID}})
	says(t, fmt.Sprint(res.Outputs), "Client.S3Error", "SignatureDoesNotMatch(403)", "start the bundle again with correct S3 keys")
}

func TestCancellingABundle(t *testing.T) {
	b := legacyBench(t)
	id := output(b.run(t, "bundle-instance", bundling()), "bundle-id").(string)
	res := b.waited(t, "cancel-bundle-task", awsops.Values{"bundle-id": {id}})
	if output(res, "status") != "cancelling" || output(res, "instance-id") != bundledInstance || output(res, "bucket") != "my-bundles" {
		t.Errorf("%v", res.Outputs)
	}
	if res = b.run(t, "cancel-bundle-task", awsops.Values{"bundle-id": {endedTask}}); output(res, "status") != "complete" {
		t.Errorf("%v", res.Outputs)
	}
}

func TestAdviceOnBundles(t *testing.T) {
	for _, test := range []struct {
		name   string
		legacy bool
		op     string
		v      awsops.Values
		code   string
		says   string
	}{
		{"bundling today", false, "bundle-instance", bundling("instance-id", windowsVM), "UnsupportedOperation", "make an image of the instance with create-image"},
		{"cancelling today", false, "cancel-bundle-task", awsops.Values{"bundle-id": {endedTask}}, "UnsupportedOperation", "AWS has retired bundling"},
		{"another kind of instance", true, "bundle-instance", bundling("instance-id", windowsVM), "InvalidInstanceType", "use create-image for the others"},
		{"an unknown instance", true, "bundle-instance", bundling("instance-id", "i-0aaffffffffffffff"), "InvalidInstanceID.NotFound", "Not in region us-east-1"},
		{"an unknown task", true, "cancel-bundle-task", awsops.Values{"bundle-id": {"bun-0fffffff"}}, "InvalidBundleID.NotFound", "No such bundle task in us-east-1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			if test.legacy {
				b = legacyBench(t)
			}
			_, err := b.Run(t.Context(), b.request(t, test.op, test.v))
			expectError(t, err, test.code, 1, test.says)
		})
	}
	if res := newBench(t).run(t, "describe-bundle-tasks", nil); len(res.Table.Rows) != 0 || !strings.Contains(res.Message, "AWS has retired bundling") {
		t.Errorf("%q", res.Message)
	}
}

func TestBundleRules(t *testing.T) {
	checkRules(t, []ruleCase{
		{"bundle-instance", bundling(), ""},
		{"bundle-instance", bundling("storage-bucket", "ab"), `--storage-bucket "ab": write 3 to 63 of a-z, 0-9, dots and hyphens, beginning and ending with a letter or digit, and no IP address`},
		{"bundle-instance", bundling("storage-bucket", "abc"), ""},
		{"bundle-instance", bundling("storage-bucket", strings.Repeat("a", 63)), ""},
		{"bundle-instance", bundling("storage-bucket", "192.0.2.1"), `--storage-bucket "192.0.2.1": write 3 to 63 of a-z, 0-9, dots and hyphens, beginning and ending with a letter or digit, and no IP address`},
		{"bundle-instance", bundling("storage-prefix", "/win"), `--storage-prefix "/win": write 1 to 1000 printable characters, not beginning with /`},
		{"bundle-instance", bundling("storage-prefix", strings.Repeat("p", 1000)), ""},
		{"bundle-instance", bundling("s3-access-key-id", "AKIA"), "--s3-access-key and --s3-access-key-id belong together: enter both S3 keys, or leave both empty"},
		{"bundle-instance", bundling("s3-access-key", "secret"), "--s3-access-key and --s3-access-key-id belong together: enter both S3 keys, or leave both empty"},
		{"cancel-bundle-task", awsops.Values{"bundle-id": {"bun-1"}}, `--bundle-id "bun-1": write bun- and 8 or 17 hex digits`},
		{"get-bundle-task-details", awsops.Values{"bundle-id": {"bun-c1234567"}}, ""},
	})
}

// TestABundleAsACommandCarriesNoCredential: a policy with its signature lets
// whoever has it write to the bucket.
func TestABundleAsACommandCarriesNoCredential(t *testing.T) {
	b := legacyBench(t)
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	op, _ := awsops.Find("bundle-instance")
	for _, test := range []struct {
		name string
		v    awsops.Values
	}{
		{"signed by the credentials in use", bundling()},
		{"signed by keys that were typed", bundling("s3-access-key-id", "AKIASIMULATORTEST001", "s3-access-key", "test/secret/key/not/real/0000000000000001")},
	} {
		t.Run(test.name, func(t *testing.T) {
			line, err := awsops.CommandLine(t.Context(), client, op, test.v, b.scope, "")
			want := "aws ec2 bundle-instance --instance-id " + bundledInstance + " --bucket my-bundles --prefix win --owner-akid AKIASIMULATORTEST001 --owner-sak file://s3-access-key --profile test --region us-east-1"
			if err != nil || line != want {
				t.Errorf("%v\n%s\n%s", err, line, want)
			}
			if files := awsops.FilesOf(line, op.Info(), test.v); !slices.Equal(files, []string{"s3-access-key"}) {
				t.Errorf("%v", files)
			}
		})
	}
	if n := b.count("BundleInstance"); n > 0 {
		t.Errorf("%d calls", n)
	}
	b.run(t, "bundle-instance", bundling())
	if sent := b.wire.sent[len(b.wire.sent)-1]; sent.Get("Storage.S3.UploadPolicySignature") == "" {
		t.Errorf("the call itself is not signed: %v", sent)
	}
}
