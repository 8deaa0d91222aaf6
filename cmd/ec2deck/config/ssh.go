package config

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// SSH is how the operator logs in to instances.
type SSH struct {
	Run       bool
	User, Key string
	Command   []string
}

func (r *reader) ssh(n *yaml.Node, at string) SSH {
	var s SSH
	r.section(n, at, fields{
		"run": func(n *yaml.Node, at string) { s.Run = r.truth(n, at) },
		"user": func(n *yaml.Node, at string) {
			if s.User = r.text(n, at); strings.HasPrefix(s.User, "-") || strings.ContainsAny(s.User, "@ '\"`$;&|<>\\%()") {
				r.say(n, at, "%q: write letters, digits, - and _", s.User)
			}
		},
		"key": func(n *yaml.Node, at string) { s.Key = r.text(n, at) },
		"command": func(n *yaml.Node, at string) {
			s.Command = r.list(n, at)
			if len(s.Command) == 1 && strings.Contains(s.Command[0], " ") {
				r.say(n, at, "write each word by itself, as in [ssh, -p, '2222']")
			}
		},
	})
	return s
}
