package config_test

import (
	"regexp"
	"strings"
	"testing"

	"ec2deck/cmd/ec2deck/config"
)

// marks are the comment marks that stand before what can be used.
var marks = regexp.MustCompile(`(?m)^# ?`)

func TestTheDefaultIsAFileWithoutItsMarks(t *testing.T) {
	said, err := config.Parse("default", []byte(config.Default()))
	if err != nil || len(said.Defaults)+len(said.Serve)+len(said.Roles) > 0 {
		t.Errorf("it says something: %+v %v", said, err)
	}
	f, err := config.Parse("default", []byte(marks.ReplaceAllString(config.Default(), "")))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Defaults) == 0 || len(f.Serve) == 0 || len(f.Roles) == 0 {
		t.Errorf("%+v", f)
	}
	for line := range strings.Lines(config.Default()) {
		if line != "\n" && line[0] != '#' || len(line) > 82 {
			t.Errorf("%q", line)
		}
	}
}
