package main

import (
	"bufio"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// profiles lists the profiles of the AWS files, as the SDK finds them. Files
// that are not there have none.
func (p *program) profiles() []string {
	aws := filepath.Join(p.getenv("HOME"), ".aws")
	var names []string
	for _, file := range []struct {
		path   string
		prefix bool // every section but the default's begins with "profile"
	}{{cmp.Or(p.getenv("AWS_CONFIG_FILE"), filepath.Join(aws, "config")), true}, {cmp.Or(p.getenv("AWS_SHARED_CREDENTIALS_FILE"), filepath.Join(aws, "credentials")), false}} {
		f, err := os.Open(file.path)
		if err != nil {
			continue
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			if name := section(lines.Text(), file.prefix); name != "" {
				names = append(names, name)
			}
		}
		_ = f.Close()
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// chain is the profile that the environment gives the default chain, or "".
// Keys and a web identity of the environment are stronger, as in the SDK.
func (p *program) chain(demo bool) string {
	keys := cmp.Or(p.getenv("AWS_ACCESS_KEY_ID"), p.getenv("AWS_ACCESS_KEY")) != "" && cmp.Or(p.getenv("AWS_SECRET_ACCESS_KEY"), p.getenv("AWS_SECRET_KEY")) != ""
	if demo || keys || p.getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != "" {
		return ""
	}
	return cmp.Or(p.getenv("AWS_PROFILE"), p.getenv("AWS_DEFAULT_PROFILE"))
}

// section is the profile that a line begins, or "".
func section(line string, prefix bool) string {
	name, ok := strings.CutPrefix(strings.TrimSpace(line), "[")
	name, _, closed := strings.Cut(name, "]")
	name = strings.TrimSpace(name)
	switch {
	case !ok || !closed:
		return ""
	case name == "default" || !prefix:
		return name
	}
	rest, ok := strings.CutPrefix(name, "profile")
	if !ok || rest == strings.TrimLeft(rest, " \t") { // an SSO session, or services
		return ""
	}
	return strings.TrimSpace(rest)
}
