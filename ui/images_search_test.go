package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"
)

// published is the small fleet in a region with many public images.
func published() options {
	o := small()
	o.change = func(f *ec2sim.Fleet) {
		f.Images = append(f.Images,
			ec2sim.ImageSeed{Key: "series", Name: "al2023-ami-2023.6.#-kernel-6.1-x86_64", Count: 1300},
			ec2sim.ImageSeed{Key: "series-arm", Name: "al2023-ami-2023.6.#-kernel-6.1-arm64", Architecture: "arm64", Count: 40},
			ec2sim.ImageSeed{Key: "capital", Name: "RHEL-9.4.0_HVM"})
	}
	return o
}

// searches are the requests for images of others.
func (d *driver) searches() []ec2sim.Call {
	return slices.DeleteFunc(d.sim.Calls(), func(c ec2sim.Call) bool {
		return c.Action != "DescribeImages" || c.Form.Get("Owner.1") == "self"
	})
}

// filter types a filter, without confirming it.
func (d *driver) filter(text string) *driver {
	d.press("/", "ctrl+u")
	d.type_(text)
	return d
}

func TestOthersImagesComeThroughAFilter(t *testing.T) {
	d := start(t, published()).open("images")
	d.press("/")
	d.frame("images-filter-empty")
	d.type_("owner:amazon name:al2023*arm64")
	d.shows("enter asks EC2 for more", "enter ask EC2 for more")
	if n := len(d.searches()); n != 0 {
		t.Fatalf("typing asked EC2 %d times", n)
	}
	d.press("enter")
	d.frame("images-search")
	d.shows("Images 41 of 45", "al2023-ami-2023.6.001-")
	asked := d.searches()
	if len(asked) != 1 {
		t.Fatalf("%d requests", len(asked))
	}
	for name, want := range map[string]string{"Owner.1": "amazon", "Filter.1.Name": "name", "Filter.1.Value.1": "*?l2023*?rm64*", "Filter.1.Value.2": "*AL2023*ARM64*", "MaxResults": "200"} {
		if got := asked[0].Form.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	d.pass(40 * time.Second) // listings of one's own neither drop them nor ask again
	d.shows("Images 41 of 45", "live")
	d.press("r")
	if n := len(d.searches()); n != 2 {
		t.Errorf("%d requests after r", n)
	}
	d.press("esc")
	d.shows("Images 4\n")
	d.filter("name:rhel visibility:public").press("enter")
	d.shows("Images 1 of 5", "RHEL-9.4.0_HVM")
}

func TestASearchIsBoundAndSaysSo(t *testing.T) {
	d := start(t, published()).open("images").filter("owner:amazon")
	d.press("enter")
	d.shows("Images 1000 of 1004", "only the first 1000 images of others are here: add name:… or description:… or architecture:… or root:…")
	d.frame("images-search-cut")
	if n := len(d.searches()); n != 5 {
		t.Errorf("%d requests", n)
	}
	d.filter("owner:amazon name:al2023 arch:x86").press("enter")
	d.shows("only the first 1000 images of others are here: add description:… or root:…")
	d.filter("visibility:public").press("enter")
	d.shows("kept-1", "not all public images are read, there are more than 100,000: add owner:amazon or name:…")
	if n := len(d.searches()); n != 10 {
		t.Errorf("%d requests: a search without anything that narrows it was sent", n)
	}
	d.filter("visibility:private").press("enter")
	d.shows("live, at most")
	if n := len(d.searches()); n != 10 {
		t.Errorf("%d requests for a filter of one's own images", n)
	}
}

func TestASearchStreamsAndEndsWithItsFilter(t *testing.T) {
	d := start(t, published()).open("images").filter("owner:amazon")
	d.keys("enter")
	for !strings.Contains(d.screen(), "Images 200 of 204") && d.step() {
	}
	d.shows("Images 200 of 204", "loading what the filter asks for… 200")
	d.frame("images-search-loading")
	d.keys("/", "x") // the words change
	d.settle()
	d.shows("owner:amazonx")
	if n := len(d.searches()); n > 3 { // one answer is read ahead
		t.Errorf("%d requests for a filter that is gone", n)
	}
	d.press("esc")
	d.shows("Images 4\n", "live, at most")
}

func TestARefusedSearchLeavesOnesOwn(t *testing.T) {
	d := start(t, published()).open("images").filter("owner:amazon name:al2023")
	d.sim.Inject(ec2sim.Fault{Action: "DescribeImages", Times: 1, Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation.", Status: 403})
	d.press("enter")
	d.shows("UnauthorizedOperation", "Images 0 of 4")
	d.press("r")
	d.shows("Images 1000 of 1004")
}
