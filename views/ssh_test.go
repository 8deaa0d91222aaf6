package views

import "testing"

func TestWhatIsRunIsNothingElse(t *testing.T) {
	for host, runs := range map[string]bool{
		"ec2-198-51-100-1.compute-1.amazonaws.com": true, "10.0.0.1": true, "2001:db8::1": true,
		"-oProxyCommand=x": false, "a;b": false, "$(x)": false, "": false, "a b": false, "a\nb": false,
	} {
		l := SSH{Run: true}.lines([]Line{{About: "x", to: &destination{"ops", host, "k"}}})[0]
		if (l.Argv != nil) != runs || l.Text == "" {
			t.Errorf("%q: %q %q", host, l.Argv, l.Text)
		}
	}
	for key, want := range map[string]string{"ops": "ssh -i ~/.ssh/ops h@x", "../evil": "ssh h@x", "": "ssh h@x", "a b": "ssh -i ~/'.ssh/a b' h@x"} {
		if got := (SSH{Key: "~/.ssh/{key}"}).lines([]Line{{to: &destination{"h", "x", key}}})[0].Text; got != want {
			t.Errorf("%q: %s, want %s", key, got, want)
		}
	}
}
