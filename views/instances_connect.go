package views

import (
	"cmp"
	"fmt"
	"strings"

	"ec2deck/awsops"
)

// login is a user that images have, and which ones do.
type login struct{ user, images string }

// loginsOf guesses who can log in from the platform, which names Linux
// distributions only where they are charged for.
func loginsOf(platform string) []login {
	switch p := strings.ToLower(platform); {
	case strings.Contains(p, "red hat"), strings.Contains(p, "suse"):
		return []login{{"ec2-user", platform}}
	case strings.Contains(p, "ubuntu"):
		return []login{{"ubuntu", platform}}
	}
	return []login{{"ec2-user", "Amazon Linux, Red Hat, SUSE"}, {"ubuntu", "Ubuntu"}, {"admin", "Debian"}}
}

// hostOf is where an instance answers: its public name or address, or the
// private one.
func hostOf(i instance) (host, way string) {
	if public := cmp.Or(i.PublicDNS, i.PublicIP); public != "" {
		return public, ""
	}
	return i.PrivateIP, ", from inside its network"
}

// connectLines are the ways into an instance, as commands for the operator's
// own shell.
func connectLines(i instance, scope awsops.Scope) []Line {
	word := func(s string) string { return awsops.ShellQuote(awsops.Clean(s)) }
	where := " --region " + word(scope.Region)
	if scope.Profile != "" {
		where += " --profile " + word(scope.Profile)
	}
	session := Line{About: "Session Manager (needs its agent and an instance profile, and no open port)", Text: "aws ssm start-session --target " + word(i.ID) + where}
	if isWindows(i) {
		return append(remoteDesktop(i, where), session)
	}
	host, way := hostOf(i)
	var lines []Line
	for _, l := range loginsOf(i.Platform) {
		lines = append(lines, Line{About: "SSH as " + l.user + " (" + l.images + ")" + way, to: &destination{l.user, host, i.Key}})
	}
	return append(lines, session,
		Line{About: "EC2 Instance Connect (pushes a key that lives for a minute)", Text: "aws ec2-instance-connect ssh --instance-id " + word(i.ID) + where},
		Line{About: "Serial console: first push the public half of a key of yours", Text: "aws ec2-instance-connect send-serial-console-ssh-public-key --instance-id " + word(i.ID) + " --serial-port 0 --ssh-public-key file://KEY.pub" + where},
		Line{About: "Serial console: then, within a minute, log in with the private half", Text: "ssh -i KEY " + word(fmt.Sprintf("%s.port0", i.ID)) + "@" + word("serial-console.ec2-instance-connect."+scope.Region+".aws")},
	)
}

// remoteDesktop is how Windows is reached.
func remoteDesktop(i instance, where string) []Line {
	host, way := hostOf(i)
	host = awsops.ShellQuote(awsops.Clean(host))
	return []Line{
		{About: "Remote Desktop from Linux or macOS as Administrator" + way + "; P asks for the password", Text: "xfreerdp /u:Administrator /v:" + host},
		{About: "Remote Desktop from Windows as Administrator" + way, Text: "mstsc /v:" + host},
		{About: "Remote Desktop through Session Manager, on local port 13389", Text: "aws ssm start-session --target " + awsops.ShellQuote(awsops.Clean(i.ID)) + " --document-name AWS-StartPortForwardingSession --parameters portNumber=3389,localPortNumber=13389" + where},
	}
}
