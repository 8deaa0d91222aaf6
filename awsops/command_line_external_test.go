//go:build external

package awsops_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ec2deck/awsops"
)

// TestCommandLinesAskForTheSame gives the command line of every example to the
// AWS CLI and compares what it sends with what the operation sends itself.
func TestCommandLinesAskForTheSame(t *testing.T) {
	t.Parallel()
	var got url.Values
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		got = r.PostForm
		w.WriteHeader(http.StatusBadRequest) // the request is all there is to see
	}))
	t.Cleanup(server.Close)
	home := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("config", "[profile test]\naws_access_key_id=a\naws_secret_access_key=b\n")
	// The CLI that Debian has does not know these yet.
	newer := map[string]bool{
		"include-managed": true, "skip-os-shutdown": true, "terminate-instances force": true, "copy-snapshot completion-duration": true,
		"get-snapshot-block-public-access-state": true, "get-image-block-public-access-state": true,
		"describe-images include-disabled": true, "copy-image tags": true, "register-image tags": true, "deregister-image delete-associated-snapshots": true,
	}
	for _, op := range awsops.All() {
		info := op.Info()
		if newer[info.Name] || info.Report { // a report is made of many calls
			continue
		}
		t.Run(info.Name, func(t *testing.T) {
			v := maps.Clone(info.Example)
			maps.DeleteFunc(v, func(name string, _ []string) bool { return newer[name] || newer[info.Name+" "+name] })
			b := newBench(t)
			r := b.request(t, info.Name, info.Fresh(v))
			client, err := b.Client(r.Scope)
			if err != nil {
				t.Fatal(err)
			}
			line, err := awsops.CommandLine(t.Context(), client, op, r.Values, r.Scope, "")
			if e := awsops.AsError(err); e != nil && e.Code == refusedByFleet()[info.Name] && len(b.wire.sent) > 0 {
				return // a flow that found out before its change
			}
			if err != nil || line == "" {
				t.Fatalf("there is no command line: %v", err)
			}
			if strings.Contains(line, " && ") {
				return // several, each of which is an operation's own
			}
			b.wire.sent = nil
			_, _ = b.Run(t.Context(), r)
			for _, f := range info.Fields {
				if len(v[f.Name]) > 0 && f.Secret(v) { // the line names a file
					write(f.Name, v.Get(f.Name))
				}
			}
			got = nil
			c := exec.Command("sh", "-c", strings.Replace(line, "aws ", "/usr/bin/aws --no-cli-pager --endpoint-url "+server.URL+" ", 1))
			c.Env = []string{"HOME=" + home, "AWS_CONFIG_FILE=" + filepath.Join(home, "config"), "AWS_MAX_ATTEMPTS=1", "PATH=/usr/bin:/bin"}
			c.Dir = home
			out, _ := c.CombinedOutput()
			if got == nil {
				t.Fatalf("%s\nasks for nothing: %.400s", line, out)
			}
			if !slices.ContainsFunc(b.wire.sent, func(sent url.Values) bool { return cmp.Equal(asked(sent), asked(got)) }) {
				t.Errorf("%s\nasks for %s\nThe operation asks for\n%s", line, printed([]url.Values{got}), printed(b.wire.sent))
			}
		})
	}
}

// asked is a request without what each client makes up.
func asked(sent url.Values) url.Values {
	out := maps.Clone(sent)
	delete(out, "Version")
	delete(out, "ClientToken")
	delete(out, "PresignedUrl") // names the address that it goes to
	delete(out, "DestinationRegion")
	delete(out, "Storage.S3.UploadPolicy") // is signed with the time
	delete(out, "Storage.S3.UploadPolicySignature")
	return out
}
