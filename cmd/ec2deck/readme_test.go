package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ec2deck/awsops"
	"ec2deck/cmd/ec2deck/config"
	"ec2deck/keymap"
	"ec2deck/views"
)

var updateREADME = flag.Bool("update-readme", false, "write the generated parts of README.md anew")

// TestREADMEIsCurrent compares the tables and the picture with what they are
// made from.
func TestREADMEIsCurrent(t *testing.T) {
	path := filepath.Join("..", "..", "README.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := string(data)
	for name, text := range map[string]string{"picture": picture(t), "keys": keyTables(), "operations": operationTable(), "settings": settingTable()} {
		part := regexp.MustCompile(`(?s)<!-- ` + name + ` -->.*<!-- /` + name + ` -->`)
		if !part.MatchString(want) {
			t.Fatalf("README.md has no part %q", name)
		}
		want = part.ReplaceAllLiteralString(want, "<!-- "+name+" -->\n"+text+"<!-- /"+name+" -->")
	}
	if *updateREADME {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(data) {
		t.Error("README.md is not current: go test ./cmd/ec2deck -run README -update-readme")
	}
}

// picture is a golden frame of the demo.
func picture(t *testing.T) string {
	frame, err := os.ReadFile(filepath.Join("..", "..", "testdata", "frames", "readme.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return "```text\n" + string(frame) + "```\n"
}

func keyTables() string {
	var b strings.Builder
	for _, s := range views.All() {
		if info := s.Info(); len(info.Actions) > 0 {
			fmt.Fprintf(&b, "| key | on %s |\n| --- | --- |\n", strings.ToLower(info.Title))
			for _, a := range info.Actions {
				if a.Operation == "" {
					fmt.Fprintf(&b, "| `%s` | %s |\n", a.Key, a.Help)
					continue
				}
				fmt.Fprintf(&b, "| `%s` | %s (`%s`) |\n", a.Key, a.Help, a.Operation)
			}
			for _, l := range info.Links {
				fmt.Fprintf(&b, "| `%s` | %s |\n", l.Key, l.Help)
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("| key | everywhere |\n| --- | --- |\n")
	for i, s := range views.All()[:9] { // the others have none: there is the palette
		fmt.Fprintf(&b, "| `%d` | the table of %s |\n", i+1, strings.ToLower(s.Info().Title))
	}
	for _, g := range keymap.Default().Groups() {
		for _, k := range g.Bindings {
			fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(k.Help().Key, "|", "\\|"), k.Help().Desc)
		}
	}
	return b.String()
}

func settingTable() string {
	var b strings.Builder
	b.WriteString("| setting | what it may be | what it says |\n| --- | --- | --- |\n")
	for _, k := range config.All() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Name, k.Values, k.About)
	}
	return b.String() + "\nBindings: `" + strings.Join(keymap.Default().Names(), "`, `") + "`.\n"
}

func operationTable() string {
	var b strings.Builder
	b.WriteString("| operation | what it does | risk |\n| --- | --- | --- |\n")
	for _, op := range awsops.All() {
		i := op.Info()
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", i.Name, i.Help, i.Risk)
	}
	return b.String()
}

// TestTheExampleOfTheREADMEIsReal looks for its lines in the declaration that
// it names.
func TestTheExampleOfTheREADMEIsReal(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile(filepath.Join("..", "..", "views", "regions.go"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "```go\n")
	example, _, _ := strings.Cut(rest, "```")
	if !found || strings.Count(example, "\n") < 5 {
		t.Fatal("README.md shows no example")
	}
	for line := range strings.Lines(example) {
		if !strings.Contains(string(code), strings.TrimSpace(line)) {
			t.Errorf("views/regions.go has no %q", strings.TrimSpace(line))
		}
	}
}
