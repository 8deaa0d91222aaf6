package config_test

import (
	"slices"
	"strings"
	"testing"

	"ec2deck/cmd/ec2deck/config"
)

// TestAllIsWhatTheReaderKnows asks the reader, by a name that it does not
// know, what it does.
func TestAllIsWhatTheReaderKnows(t *testing.T) {
	names := map[string][]string{}
	for _, k := range config.All() {
		if k.Values == "" || k.About == "" {
			t.Errorf("%+v says nothing", k)
		}
		parts := strings.Split(strings.ReplaceAll(k.Name, "[]", ".#"), ".")
		names[""] = append(names[""], parts[0])
		if parts[0] == "ssh" {
			names["ssh"] = append(names["ssh"], parts[1])
		}
		if len(parts) == 3 && parts[0] != "keys" && parts[0] != "presets" {
			names[parts[0]] = append(names[parts[0]], parts[2])
		}
	}
	for section, text := range map[string]string{
		"": "zzz: 1", "ssh": "ssh: {zzz: 1}", "connections": "connections: {a: {zzz: 1}}", "tables": "tables: {a: {zzz: 1}}",
		"views": "views: [{zzz: 1}]", "roles": "roles: {default: {zzz: 1}}",
	} {
		_, err := config.Parse("f", []byte(text))
		if err == nil {
			t.Fatalf("%s: no error", text)
		}
		first, _, _ := strings.Cut(err.Error(), "\n")
		_, list, _ := strings.Cut(first, "there are ")
		got := slices.Compact(slices.Sorted(slices.Values(names[section])))
		if want := strings.Split(list, ", "); !slices.Equal(got, want) {
			t.Errorf("%q: the documentation has %v, the reader %v", section, got, want)
		}
	}
}
