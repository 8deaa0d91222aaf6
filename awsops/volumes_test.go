package awsops_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

const (
	freeVolume, farVolume, sharedVolume, heldVolume = "vol-0aa00000000000011", "vol-0aa00000000000012", "vol-0aa00000000000013", "vol-0aa00000000000014"
	errorVolume, stoppedVolume, keptVolume          = "vol-0aa00000000000015", "vol-0aa00000000000016", "vol-0aa00000000000003"
	eventID, windowsVM                              = "i-0aa00000000000008", "i-0aa00000000000006"
)

func ofVolume(volume string, more ...string) awsops.Values {
	return inputs(append([]string{"volume-id", volume}, more...)...)
}

// inputs are names, each with its value.
func inputs(pairs ...string) awsops.Values {
	v := awsops.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v = v.With(pairs[i], pairs[i+1])
	}
	return v
}

// waited runs a change and waits for its end.
func (b *bench) waited(t *testing.T, name string, v awsops.Values) awsops.Result {
	t.Helper()
	r := b.request(t, name, v)
	res, err := b.Run(t.Context(), r)
	if err != nil {
		t.Fatalf("%s %v: %v", name, v, err)
	}
	if res, err = b.Wait(t.Context(), r, res, b.clock.sleep); err != nil {
		t.Fatalf("%s %v: %v", name, v, err)
	}
	return res
}

func says(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is not said in:\n%s", p, text)
		}
	}
}

func TestTheLifeOfAVolume(t *testing.T) {
	b := newBench(t)
	res := b.waited(t, "create-volume", awsops.Values{"size": {"20"}, "availability-zone": {"us-east-1a"}, "tags": {"Name=life"}})
	id, _ := output(res, "volume-id").(string)
	if !strings.HasPrefix(id, "vol-") || output(res, "status") != "creating" || output(res, "size") != 20 || res.Items[0].To != "available" {
		t.Fatalf("%v %v", res.Outputs, res.Items)
	}
	res = b.waited(t, "attach-volume", ofVolume(id, "instance-id", windowsVM))
	if output(res, "status") != "attaching" || output(res, "device-name") != "xvdf" || res.Items[0].To != "attached" {
		t.Errorf("%v %v", res.Outputs, res.Items)
	}
	res = b.run(t, "get-volume-details", ofVolume(id))
	if output(res, "status") != "in-use" || cell(t, res, "instance-id") != windowsVM || cell(t, res, "attachment-state") != "attached" || cell(t, res, "attached-volume-id") != id {
		t.Errorf("%v %v", res.Outputs, res.Table)
	}
	if local, utc := output(res, "create-time-local").(string), output(res, "create-time").(time.Time); !strings.HasPrefix(local, utc.Local().Format("2006-01-02T15:04:05")) {
		t.Errorf("%s is not %s", local, utc)
	}
	if res = b.waited(t, "detach-volume", ofVolume(id)); output(res, "status") != "detaching" || res.Items[0].To != "detached" {
		t.Errorf("%v %v", res.Outputs, res.Items)
	}
	if res = b.run(t, "delete-volume", ofVolume(id)); output(res, "status") != "deleting" {
		t.Errorf("%v", res.Outputs)
	}
	b.clock.sleep(t.Context(), time.Minute)
	_, err := b.Run(t.Context(), b.request(t, "get-volume-details", ofVolume(id)))
	expectError(t, err, "InvalidVolume.NotFound", 1, "Not in region us-east-1, or already deleted")
}

func TestVolumesPrintNullWhereNothingIs(t *testing.T) {
	b := newBench(t)
	res := b.run(t, "describe-volumes", awsops.Values{"volume-ids": {farVolume, freeVolume}})
	if res.Table.Null != "null" || len(res.Table.Rows) != 2 || res.Table.Rows[0][0] != farVolume || res.Table.Rows[0][2] != nil {
		t.Errorf("%v", res.Table.Rows)
	}
	var columns []string
	for _, c := range res.Table.Columns {
		if !c.Extra {
			columns = append(columns, c.Name)
		}
	}
	if got := strings.Join(columns, " "); got != "volume-id size snapshot-id availability-zone status" {
		t.Errorf("%s", got)
	}
}

func TestAnAttachmentThatNeverComesIsExplained(t *testing.T) {
	op, _ := awsops.Find("attach-volume")
	expect := op.Info().Expect
	if expect.Overdue(59) || !expect.Overdue(60) || !strings.Contains(expect.Late, "device name may be invalid") {
		t.Errorf("after two minutes: %q", expect.Late)
	}
	b := newBench(t)
	r := b.request(t, "detach-volume", ofVolume(heldVolume))
	res, err := b.Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if res, err = b.Wait(t.Context(), r, res, b.clock.sleep); err != nil || len(res.Failed()) != 1 || !strings.Contains(res.Failed()[0].Err.Error(), "is busy") {
		t.Errorf("%v %v", res, err)
	}
	if res = b.waited(t, "detach-volume", ofVolume(heldVolume, "force", "true")); len(res.Failed()) != 0 {
		t.Errorf("%v", res)
	}
}

func TestModifyingShowsEC2sOwnProgress(t *testing.T) {
	b := newBench(t)
	res := b.run(t, "modify-volume", ofVolume(freeVolume, "size", "30"))
	if output(res, "modification-state") != "modifying" || output(res, "original") != "20 GiB gp3, 3000 IOPS, 125 MiB/s" || output(res, "target") != "30 GiB gp3, 3000 IOPS, 125 MiB/s" {
		t.Errorf("%v", res.Outputs)
	}
	b.clock.sleep(t.Context(), 6*time.Second)
	op, _ := awsops.Find("modify-volume")
	p, err := b.Progress(t.Context(), b.scope, op.Info().Expect, []string{freeVolume}, 0)
	if err != nil || p.Percent[freeVolume] != 50 || p.States[freeVolume] != "optimizing" || p.Done(1) {
		t.Errorf("%+v %v", p, err)
	}
	says(t, b.foreseen(t, "modify-volume", ofVolume(freeVolume, "size", "31")), "now: 30 GiB gp3", "optimizing (50 %): EC2 refuses another one", "four times in 24 hours", "grow partition")
	_, err = b.Run(t.Context(), b.request(t, "modify-volume", ofVolume(freeVolume, "size", "31")))
	expectError(t, err, "IncorrectModificationState", 1, "until describe-volumes-modifications says completed")
	for n := range 3 {
		b.clock.sleep(t.Context(), time.Hour)
		b.waited(t, "modify-volume", ofVolume(freeVolume, "size", fmt.Sprint(31+n)))
	}
	_, err = b.Run(t.Context(), b.request(t, "modify-volume", ofVolume(freeVolume, "size", "40")))
	expectError(t, err, "VolumeModificationRateExceeded", 1, "Four modifications in 24 hours are the most")
}

func TestWhatAModificationCannotBe(t *testing.T) {
	b := newBench(t)
	for want, v := range map[string]awsops.Values{
		`--size "19": size for type gp3: 1 to 65536 GiB (and at least the volume's 20 GiB)`:     ofVolume(freeVolume, "size", "19"),
		`--size "499": size for type st1: 125 to 16384 GiB (and at least the volume's 500 GiB)`: ofVolume(farVolume, "size", "499"),
		"--iops is for the types gp3, io1 and io2 only, not st1":                                ofVolume(farVolume, "iops", "3000"),
		"--iops is required for type io1: 100 to 64000":                                         ofVolume(freeVolume, "volume-type", "io1"),
		`--throughput "751": 751 MiB/s take 3004 IOPS, and it has 3000`:                         ofVolume(freeVolume, "throughput", "751"),
	} {
		_, err := b.Run(t.Context(), b.request(t, "modify-volume", v))
		if awsops.ExitCode(err) != 2 || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if n := b.count("ModifyVolume"); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestTheStatusOfVolumes(t *testing.T) {
	b := newBench(t)
	res := b.run(t, "describe-volume-status", awsops.Values{"status": {"impaired"}})
	if cell(t, res, "volume-id") != stoppedVolume || fmt.Sprint(cell(t, res, "actions")) != "[enable-volume-io]" || !strings.Contains(fmt.Sprint(cell(t, res, "events")), "potential-data-inconsistency") {
		t.Errorf("%v", res.Table)
	}
	client, _ := b.Client(b.scope)
	health := func() (state string, known bool) {
		for page, err := range awsops.Volumes(t.Context(), client) {
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range page {
				if *v.VolumeId == stoppedVolume {
					if known = v.Known; v.Health != nil {
						state = string(v.Health.VolumeStatus.Status)
					}
				}
			}
		}
		return state, known
	}
	if s, known := health(); s != "impaired" || !known {
		t.Errorf("%q %v", s, known)
	}
	b.run(t, "enable-volume-io", ofVolume(stoppedVolume))
	if s, known := health(); s != "" || !known {
		t.Errorf("%q %v", s, known)
	}
	if res = b.run(t, "get-ebs-encryption-by-default", nil); output(res, "encrypted-by-default") != false {
		t.Errorf("%v", res.Outputs)
	}
}

func TestVolumesWithoutPermissionForTheRest(t *testing.T) {
	b := newBench(t)
	b.sim.Inject(ec2sim.Fault{Action: "DescribeVolumeStatus", Status: 403, Code: "UnauthorizedOperation", Message: "no"})
	client, _ := b.Client(b.scope)
	n := 0
	for page, err := range awsops.Volumes(t.Context(), client) {
		if err != nil {
			t.Fatal(err)
		}
		n = max(n, len(page))
	}
	if n != 22 {
		t.Errorf("%d volumes", n)
	}
}

func TestWhatIsSaidBeforeVolumesChange(t *testing.T) {
	b := newBench(t)
	says(t, b.foreseen(t, "delete-volume", ofVolume(freeVolume)), "its newest snapshot stays: snap-0aa00000000000011 (nightly)", "This cannot be undone")
	says(t, b.foreseen(t, "delete-volume", ofVolume(farVolume)), farVolume+" (far), 500 GiB st1: NO SNAPSHOT of it exists: its data is lost for good")
	says(t, b.foreseen(t, "delete-volume", ofVolume(heldVolume)), "is on "+eventID+" (event-1, running) as /dev/sdh, attached")
	says(t, b.foreseen(t, "detach-volume", ofVolume(sharedVolume)), eventID, "i-0aa0000000000000a", "Unmount it first")
	if got := b.foreseen(t, "detach-volume", ofVolume(heldVolume)); strings.Contains(got, "FORCE") {
		t.Errorf("warns of force without it:\n%s", got)
	}
	says(t, b.foreseen(t, "detach-volume", ofVolume(heldVolume, "force", "true")), "FORCE", "Data can be lost and the file system damaged")
	says(t, b.foreseen(t, "attach-volume", ofVolume(freeVolume, "instance-id", windowsVM)), "as xvdf, the next free name", "/dev/nvme1n1")
	says(t, b.foreseen(t, "attach-volume", ofVolume(freeVolume, "instance-id", eventID, "device-name", "/dev/xvdh")), "/dev/xvdh is in use there")
	says(t, b.foreseen(t, "attach-volume", ofVolume(freeVolume, "instance-id", webID, "device-name", "/dev/sdb")), "/dev/sdb is reserved")
	says(t, b.foreseen(t, "attach-volume", ofVolume(farVolume, "instance-id", webID)), "The volume is in us-east-1b and the instance in us-east-1a: snapshot the volume")
	says(t, b.foreseen(t, "create-volume", awsops.Values{"snapshot-id": {"snap-0aa00000000000014"}, "availability-zone": {"us-east-1a"}}), "at least 40 GiB and is encrypted")
	dublin := newBench(t, func(s *awsops.Settings) { s.Regions = []string{"eu-west-1"} })
	says(t, dublin.foreseen(t, "create-volume", awsops.Values{"size": {"1"}, "availability-zone": {"eu-west-1a"}}), "This region encrypts every new volume")
}

func TestTheNextFreeDeviceAndThePick(t *testing.T) {
	b := newBench(t)
	b.waited(t, "attach-volume", ofVolume(freeVolume, "instance-id", webID))
	res := b.waited(t, "attach-volume", ofVolume("vol-0aa00000000000017", "instance-id", webID))
	if output(res, "device-name") != "/dev/sdg" {
		t.Errorf("%v", res.Outputs)
	}
	op, _ := awsops.Find("attach-volume")
	field, _ := op.Info().Field("instance-id")
	client, _ := b.Client(b.scope)
	where, err := field.Pick.Where(t.Context(), client, ofVolume(farVolume))
	if err != nil || where != "zone:us-east-1b state:running|stopped" || field.Pick.Kind != "instances" {
		t.Errorf("%q %v", where, err)
	}
	op, _ = awsops.Find("detach-volume")
	field, _ = op.Info().Field("instance-id")
	if where, err = field.Pick.Where(t.Context(), client, ofVolume(sharedVolume)); err != nil || where != "id:"+eventID+"|i-0aa0000000000000a" {
		t.Errorf("%q %v", where, err)
	}
}

func TestAdviceOnVolumes(t *testing.T) {
	for _, test := range []struct {
		name, op string
		v        awsops.Values
		code     string
		says     string
	}{
		{"an unknown volume", "detach-volume", ofVolume("vol-0fffffff"), "InvalidVolume.NotFound", "Not in region us-east-1, or already deleted"},
		{"attached already", "attach-volume", ofVolume(heldVolume, "instance-id", webID), "VolumeInUse", "detach it first"},
		{"in error", "attach-volume", ofVolume(errorVolume, "instance-id", webID), "IncorrectState", "The volume has to be available"},
		{"to a pending instance", "attach-volume", ofVolume(freeVolume, "instance-id", "i-0aa0000000000000c"), "IncorrectState", "the instance running or stopped"},
		{"in another zone", "attach-volume", ofVolume(farVolume, "instance-id", webID), "InvalidVolume.ZoneMismatch", "snapshot the volume and create it in the other zone"},
		{"a device in use", "attach-volume", ofVolume(freeVolume, "instance-id", eventID, "device-name", "/dev/sdh"), "InvalidParameterValue", "leave it out to have the next free one"},
		{"an unknown instance", "attach-volume", ofVolume(freeVolume, "instance-id", "i-0fffffff"), "InvalidInstanceID.NotFound", "Not in region us-east-1"},
		{"not attached", "detach-volume", ofVolume(freeVolume), "IncorrectState", "not attached"},
		{"not attached there", "detach-volume", ofVolume(heldVolume, "instance-id", webID), "InvalidAttachment.NotFound", "leave --instance-id and --device-name out"},
		{"several instances", "detach-volume", ofVolume(sharedVolume), "InvalidParameterCombination", "give --instance-id"},
		{"delete what is attached", "delete-volume", ofVolume(heldVolume), "VolumeInUse", "detach it first"},
		{"a zone that is not there", "create-volume", awsops.Values{"size": {"1"}, "availability-zone": {"us-east-1f"}}, "InvalidZone.NotFound", "Choose a zone of region us-east-1"},
		{"a snapshot that is not there", "create-volume", awsops.Values{"snapshot-id": {"snap-0fffffff"}, "availability-zone": {"us-east-1a"}}, "InvalidSnapshot.NotFound", "deleted, or not shared with you"},
		{"a pending snapshot", "create-volume", awsops.Values{"snapshot-id": {"snap-0aa00000000000015"}, "availability-zone": {"us-east-1a"}}, "IncorrectState", "not completed"},
		{"smaller than its snapshot", "create-volume", awsops.Values{"size": {"19"}, "snapshot-id": {"snap-0aa00000000000011"}, "availability-zone": {"us-east-1a"}}, "InvalidParameterValue", "at least as large as its snapshot"},
		{"modify what is broken", "modify-volume", ofVolume(errorVolume, "size", "9"), "IncorrectState", "available or in use"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				_, err := b.Run(t.Context(), b.request(t, test.op, test.v))
				expectError(t, err, test.code, 1, test.says)
			})
		})
	}
}

// TestCreatingIsNeverRepeatedInVain loses the answer: the token makes the
// repetition harmless.
func TestCreatingIsNeverRepeatedInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.sim.Inject(ec2sim.Fault{Action: "CreateVolume", Times: 1, TakesEffect: true, Cut: true, CutAfter: 50})
		v := awsops.Values{"size": {"1"}, "availability-zone": {"us-east-1a"}, "client-token": {"again"}}
		_, err := b.Run(t.Context(), b.request(t, "create-volume", v))
		if awsops.ExitCode(err) != 8 || !strings.Contains(err.Error(), "repeat it with the same --client-token") {
			t.Errorf("exit %d: %v", awsops.ExitCode(err), err)
		}
		b.run(t, "create-volume", v)
		if n := len(b.run(t, "describe-volumes", nil).Table.Rows); n != 23 {
			t.Errorf("%d volumes", n)
		}
		_, err = b.Run(t.Context(), b.request(t, "create-volume", v.With("size", "2")))
		expectError(t, err, "IdempotentParameterMismatch", 1, "leave --client-token out")
	})
}

func TestVolumeRules(t *testing.T) { checkRules(t, volumeRules()) }

func volumeRules() []ruleCase {
	made := func(more ...string) awsops.Values {
		v := awsops.Values{"availability-zone": {"us-east-1a"}}
		for i := 0; i < len(more); i += 2 {
			v = v.With(more[i], more[i+1])
		}
		return v
	}
	cases := []ruleCase{
		{"create-volume", made(), "--size or --snapshot-id is required"},
		{"create-volume", awsops.Values{"size": {"1"}}, "--availability-zone is required: where; instances of this zone only can use it"},
		{"create-volume", awsops.Values{"size": {"1"}, "availability-zone": {"usw2-lax1-az1"}}, ""},
		{"create-volume", awsops.Values{"size": {"1"}, "availability-zone": {"us-east-1"}}, `--availability-zone "us-east-1": write a zone such as eu-west-1a, or a zone's ID such as euw1-az1`},
		{"create-volume", made("snapshot-id", "snap-0aa00000"), ""},
		{"create-volume", made("snapshot-id", "vol-0aa00000"), `--snapshot-id "vol-0aa00000": write snap- and 8 or 17 hex digits`},
		{"create-volume", made("size", "1", "volume-type", "gp9"), `--volume-type "gp9": choose one of gp2, gp3, io1, io2, st1, sc1, standard`},
		{"create-volume", made("size", "1", "kms-key-id", "alias/data"), "--kms-key-id needs --encrypted true"},
		{"create-volume", made("size", "1", "kms-key-id", "alias/data", "encrypted", "true"), ""},
		{"create-volume", made("size", "1", "multi-attach", "true"), "--multi-attach is for the types io1 and io2 only, not gp3"},
		{"create-volume", made("size", "4", "volume-type", "io2", "iops", "100", "multi-attach", "true"), ""},
		{"create-volume", made("size", "4", "volume-type", "io1"), "--iops is required for type io1: 100 to 64000"},
		{"create-volume", made("size", "4", "volume-type", "io1", "iops", "200"), ""},
		{"create-volume", made("size", "4", "volume-type", "io1", "iops", "201"), `--iops "201": type io1 takes 50 IOPS for each GiB: at most 200 for 4 GiB`},
		{"create-volume", made("size", "4", "volume-type", "io1", "iops", "99"), `--iops "99": IOPS for type io1: 100 to 64000`},
		{"create-volume", made("size", "2000", "volume-type", "io1", "iops", "64000"), ""},
		{"create-volume", made("size", "2000", "volume-type", "io1", "iops", "64001"), `--iops "64001": IOPS for type io1: 100 to 64000`},
		{"create-volume", made("size", "256", "volume-type", "io2", "iops", "256000"), ""},
		{"create-volume", made("size", "255", "volume-type", "io2", "iops", "256000"), `--iops "256000": type io2 takes 1000 IOPS for each GiB: at most 255000 for 255 GiB`},
		{"create-volume", made("size", "300", "volume-type", "io2", "iops", "256001"), `--iops "256001": IOPS for type io2: 100 to 256000`},
		{"create-volume", made("size", "1", "iops", "3000"), ""},
		{"create-volume", made("size", "1", "iops", "2999"), `--iops "2999": IOPS for type gp3: 3000 to 80000`},
		{"create-volume", made("size", "160", "iops", "80000"), ""},
		{"create-volume", made("size", "200", "iops", "80001"), `--iops "80001": IOPS for type gp3: 3000 to 80000`},
		{"create-volume", made("size", "10", "iops", "5001"), `--iops "5001": type gp3 takes 500 IOPS for each GiB: at most 5000 for 10 GiB`},
		{"create-volume", made("size", "1", "volume-type", "gp2", "iops", "3000"), "--iops is for the types gp3, io1 and io2 only, not gp2"},
		{"create-volume", made("size", "1", "throughput", "124"), `--throughput "124": throughput: 125 to 2000 MiB/s`},
		{"create-volume", made("size", "1", "throughput", "125"), ""},
		{"create-volume", made("size", "1", "throughput", "750"), ""},
		{"create-volume", made("size", "1", "throughput", "751"), `--throughput "751": 751 MiB/s take 3004 IOPS, and it has 3000`},
		{"create-volume", made("size", "100", "iops", "8000", "throughput", "2000"), ""},
		{"create-volume", made("size", "100", "iops", "9000", "throughput", "2001"), `--throughput "2001": throughput: 125 to 2000 MiB/s`},
		{"create-volume", made("size", "1", "volume-type", "gp2", "throughput", "125"), "--throughput is for the type gp3 only, not gp2"},
		{"create-volume", made("size", "1", "client-token", strings.Repeat("x", 65)), `--client-token "` + strings.Repeat("x", 65) + `": write 1 to 64 printable ASCII characters`},
		{"attach-volume", ofVolume(freeVolume), "--instance-id is required: the instance, in the volume's zone"},
		{"attach-volume", ofVolume(freeVolume, "instance-id", webID, "device-name", "/dev/sd1"), `--device-name "/dev/sd1": write a device such as /dev/sdf, or xvdf on Windows`},
		{"attach-volume", ofVolume(freeVolume, "instance-id", webID, "device-name", "xvdp"), ""},
		{"attach-volume", ofVolume(freeVolume, "instance-id", webID, "device-name", "xvdq"), `--device-name "xvdq": write a device such as /dev/sdf, or xvdf on Windows`},
		{"detach-volume", nil, "--volume-id is required: the volume"},
		{"detach-volume", ofVolume("vol-0aa0000"), `--volume-id "vol-0aa0000": write vol- and 8 or 17 hex digits`},
		{"modify-volume", ofVolume(freeVolume), "--size or another change is required: --volume-type, --iops, --throughput or --multi-attach"},
		{"modify-volume", ofVolume(freeVolume, "size", "65537"), `--size "65537": write a number from 1 to 65536`},
		{"describe-volumes", awsops.Values{"page-size": {"4"}}, `--page-size "4": write a number from 5 to 500`},
		{"describe-volumes", awsops.Values{"page-size": {"501"}}, `--page-size "501": write a number from 5 to 500`},
		{"describe-volumes", awsops.Values{"page-size": {"5"}, "volume-ids": {freeVolume}}, "--page-size cannot be used together with --volume-ids"},
		{"describe-volumes", awsops.Values{"col-delimiter": {"\\n"}}, `--col-delimiter "\\n": must differ from --row-delimiter`},
		{"describe-volume-status", awsops.Values{"status": {"sick"}}, `--status "sick": choose one of ok, warning, impaired, insufficient-data`},
	}
	for kind, most := range map[string][2]int{"gp2": {1, 16384}, "gp3": {1, 65536}, "io1": {4, 16384}, "io2": {4, 65536}, "st1": {125, 16384}, "sc1": {125, 16384}, "standard": {1, 1024}} {
		sized := func(n int) awsops.Values {
			v := made("volume-type", kind, "size", fmt.Sprint(n))
			if strings.HasPrefix(kind, "io") {
				v = v.With("iops", "100")
			}
			return v
		}
		rule := fmt.Sprintf("size for type %s: %d to %d GiB", kind, most[0], most[1])
		cases = append(cases, ruleCase{"create-volume", sized(most[0]), ""}, ruleCase{"create-volume", sized(most[1]), ""})
		if most[0] > 1 {
			cases = append(cases, ruleCase{"create-volume", sized(most[0] - 1), fmt.Sprintf(`--size "%d": %s`, most[0]-1, rule)})
		}
		if most[1] < 65536 {
			cases = append(cases, ruleCase{"create-volume", sized(most[1] + 1), fmt.Sprintf(`--size "%d": %s`, most[1]+1, rule)})
		}
	}
	return cases
}

// foreseen is what the confirmation of a change says.
func (b *bench) foreseen(t *testing.T, name string, v awsops.Values) string {
	t.Helper()
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	r := b.request(t, name, v)
	lines, err := r.Ahead(t.Context(), client)
	if err != nil {
		t.Fatalf("%s %v: %v", name, v, err)
	}
	return strings.Join(append(r.Operation.Info().Warnings(v), lines...), "\n")
}
