package ui

import (
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"
)

// manyImages is the table of images with a series of builds.
func manyImages(b testing.TB, rows int) *driver {
	o := small()
	o.width, o.height = 160, 50
	o.change = func(f *ec2sim.Fleet) {
		f.Accounts[0].Regions[0].Images = []ec2sim.ImageSeed{{Key: "build", Own: true, Name: "build-#", Age: ec2sim.Age(time.Hour), Count: rows, Every: ec2sim.Age(time.Hour)}}
	}
	d := start(b, o).open("images")
	d.settle()
	return d
}

// BenchmarkImages is what keys cost with 5,000 images, and their load.
func BenchmarkImages(b *testing.B) {
	d := manyImages(b, 5_000)
	b.Run("cursor/5000", func(b *testing.B) { benchCursor(b, d) })
	b.Run("load/5000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d.press("r")
		}
	})
}

// TestGateImages holds on every machine: 5,000 images scroll at the price of
// 5,000 instances, and a listing is one call for each thousand after the
// first page.
func TestGateImages(t *testing.T) {
	unraced(t)
	images, instances := manyImages(t, 5_000), large(t, 5_000)
	if n := images.calls("DescribeImages"); n != 6 {
		t.Errorf("5,000 images took %d calls", n)
	}
	images.shows("Images 5000")
	a, b := allocsOfMove(images), allocsOfMove(instances)
	t.Logf("allocations of a cursor move: %.0f on images, %.0f on instances", a, b)
	if a > 2*b {
		t.Errorf("a cursor move allocates %.0f times on 5,000 images and %.0f on instances", a, b)
	}
}
