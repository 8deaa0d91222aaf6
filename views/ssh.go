package views

import (
	"slices"
	"strings"

	"ec2deck/awsops"
)

// SSH is how the operator logs in to instances.
type SSH struct {
	// Run says that the screen may run it, and not only copy it.
	Run bool
	// User is who logs in; "" leaves it to the image.
	User string
	// Key is the file of the private key, in which {key} stands for the name of
	// the instance's key pair; "" is that name with .pem.
	Key string
	// Command is the program and what stands before everything else; nil is ssh.
	Command []string
}

// destination is where an SSH line leads.
type destination struct{ user, host, key string }

// argv are the words of the command, which no shell reads.
func (s SSH) argv(to destination) []string {
	argv := slices.Clone(s.Command)
	if len(argv) == 0 {
		argv = []string{"ssh"}
	}
	key := s.Key
	switch {
	case strings.Contains(key, "{key}") && (to.key == "" || strings.Contains(to.key, "/")):
		key = ""
	case key == "" && to.key != "":
		key = to.key + ".pem"
	}
	if key = strings.ReplaceAll(key, "{key}", to.key); key != "" {
		argv = append(argv, "-i", key)
	}
	return append(argv, to.user+"@"+to.host)
}

// proper says whether nothing but ssh itself can understand a name: its own
// configuration may hand it to a shell.
func proper(name string) bool {
	return name != "" && name[0] != '-' && !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(".:_-", r))
	})
}

// lines are the ways into an instance as the operator goes them.
func (s SSH) lines(lines []Line) []Line {
	var out []Line
	for _, l := range lines {
		if to := l.to; to != nil {
			if s.User != "" {
				if slices.ContainsFunc(out, func(l Line) bool { return l.to != nil }) {
					continue // the operator's own is there
				}
				to = &destination{s.User, to.host, to.key}
				l.About = "SSH as " + s.User
			}
			l.to, l.Argv = to, s.argv(*to)
			var words []string
			for _, word := range l.Argv {
				home, rest := "", awsops.Clean(word)
				if after, ok := strings.CutPrefix(rest, "~/"); ok { // which a shell reads unquoted only
					home, rest = "~/", after
				}
				words = append(words, home+awsops.ShellQuote(rest))
			}
			l.Text = strings.Join(words, " ")
			if !proper(to.host) || !proper(to.user) {
				l.Argv = nil
			}
		}
		out = append(out, l)
	}
	return out
}
