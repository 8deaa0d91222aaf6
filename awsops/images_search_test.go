package awsops_test

import (
	"errors"
	"fmt"
	"testing"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

// found lists what a search finds, and how it ended.
func (b *bench) found(t *testing.T, s awsops.ImageSearch) (names []string, err error) {
	t.Helper()
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	for images, err := range awsops.SearchImages(t.Context(), client, s) {
		for _, i := range images {
			names = append(names, *i.Name)
		}
		if err != nil {
			return names, err
		}
	}
	return names, nil
}

func TestASearchForImagesMindsNoCase(t *testing.T) {
	b := newBench(t)
	for _, test := range []struct{ text, want string }{
		{"al2023", "[al2023-ami-2023.5.20240805.0-kernel-6.1-x86_64 al2023-ami-2023.5.20240805.0-kernel-6.1-arm64]"},
		{"AL2023*ARM64", "[al2023-ami-2023.5.20240805.0-kernel-6.1-arm64]"},
		{"al2023*arm64", "[al2023-ami-2023.5.20240805.0-kernel-6.1-arm64]"},
		{"windows_server", "[Windows_Server-2022-English-Full-Base-2024.08.14]"},
		{"al2023?ami", "[]"}, // no wildcard here, so none for EC2
	} {
		names, err := b.found(t, awsops.ImageSearch{Public: true, Texts: map[string][]string{"name": {test.text}}})
		if got := fmt.Sprint(names); err != nil || got != test.want {
			t.Errorf("%s: %v %v, want %s", test.text, got, err, test.want)
		}
	}
	b.sim.ResetCalls()
	_, _ = b.found(t, awsops.ImageSearch{Owners: []string{"amazon"}, Texts: map[string][]string{"name": {"rhel", "CentOS"}}})
	sent := b.sim.Calls()[0].Form
	for i, want := range []string{"*?hel*", "*RHEL*", "*?entOS*", "*?entos*", "*CENTOS*", ""} {
		if got := sent.Get(fmt.Sprintf("Filter.1.Value.%d", i+1)); got != want {
			t.Errorf("value %d is %q, want %q", i+1, got, want)
		}
	}
}

func TestASearchForImagesIsBound(t *testing.T) {
	b := onFleet(t, changed(t, "../testdata/fleets/small.json", func(f *ec2sim.Fleet) {
		f.Images = append(f.Images, ec2sim.ImageSeed{Key: "series", Name: "series-#", Count: 1100})
	}), 0)
	bound := func(s awsops.ImageSearch, read, requests int) {
		t.Helper()
		b.sim.ResetCalls()
		names, err := b.found(t, s)
		var cut *awsops.Cut
		if !errors.As(err, &cut) || len(names) != read || cut.Read != read || b.count("DescribeImages") != requests {
			t.Errorf("%d images by %d requests: %v", len(names), b.count("DescribeImages"), err)
		}
	}
	bound(awsops.ImageSearch{Owners: []string{"amazon"}}, 1000, 5)
	bound(awsops.ImageSearch{Public: true}, 0, 0)
	b.sim.Inject(ec2sim.Fault{Action: "DescribeImages", Raw: &ec2sim.RawAnswer{ContentType: "text/xml", Body: `<DescribeImagesResponse><imagesSet/><nextToken>on</nextToken></DescribeImagesResponse>`}})
	bound(awsops.ImageSearch{Owners: []string{"amazon"}}, 0, 12)
}

func TestOwnersThatImagesAreFoundBy(t *testing.T) {
	for name, want := range map[string]bool{"amazon": true, "aws-marketplace": true, "210987654321": true, "2109": false, "self": false, "ubuntu": false, "": false} {
		if awsops.ImageOwner(name) != want {
			t.Errorf("%q", name)
		}
	}
}
