package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"
)

// asksForACode gives a wrong code and then the right one to a command.
func asksForACode(t *testing.T, program string) {
	sim, err := ec2sim.New(ec2sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(delayed(sim, 5*time.Millisecond))
	defer server.Close()
	a, home := sim.Accounts()[0], t.TempDir()
	files := map[string]string{
		"config":      fmt.Sprintf("[profile ops]\nrole_arn = arn:aws:iam::%s:role/ops\nsource_profile = base\nmfa_serial = arn:aws:iam::%s:mfa/ada\n", a.ID, a.ID),
		"credentials": fmt.Sprintf("[base]\naws_access_key_id = %s\naws_secret_access_key = %s\n", a.AccessKeyID, a.SecretAccessKey),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{"AWS_CONFIG_FILE=" + home + "/config", "AWS_SHARED_CREDENTIALS_FILE=" + home + "/credentials", "AWS_ENDPOINT_URL=" + server.URL, "AWS_ENDPOINT_URL_STS=" + server.URL}
	x := open(t, 120, 40, env, program, "--profile", "ops", "--region", "all", "run", "list-instances", "--output", "csv")
	x.shows("Code of the MFA device arn:aws:iam::" + a.ID + ":mfa/ada for the profile ops: ")
	x.types("0000009\x7f\r")
	x.shows("the code was refused: MultiFactorAuthentication failed")
	x.until("the question again", func(s string) bool { return strings.Count(s, "for the profile ops: ") == 2 })
	x.types(ec2sim.MFACode + "\r")
	<-x.ended
	if code := x.cmd.ProcessState.ExitCode(); code != 0 || !strings.Contains(x.written(), a.ID+",eu-west-1,i-") || strings.Contains(x.written(), "ops: 0") || strings.Contains(x.written(), ec2sim.MFACode) {
		t.Errorf("exit code %d\n%.600q", code, x.written())
	}
}
