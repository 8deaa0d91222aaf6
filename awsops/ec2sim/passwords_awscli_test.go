//go:build external

package ec2sim_test

import (
	"regexp"
	"testing"
	"time"
)

// TestCLIPasswords lets the CLI decrypt.
func TestCLIPasswords(t *testing.T) {
	c := newCLI(t, "small")
	const windows, key = "i-0aa00000000000006", "../../testdata/keys/windows.pem"
	secret := c.value("PasswordData", "get-password-data", "--instance-id", windows, "--priv-launch-key", key)
	if !regexp.MustCompile(`^[!-~]{32}$`).MatchString(secret) {
		t.Errorf("decrypted to %q", secret)
	}
	if sealed := c.value("PasswordData", "get-password-data", "--instance-id", windows); sealed == secret || len(sealed) < 344 {
		t.Errorf("not encrypted: %d characters", len(sealed))
	}
	c.want(`["`+windows+`","2026-03-01T12:00:00+00:00"]`, "get-password-data", "--instance-id", windows, "--query", "[InstanceId,Timestamp]")
	c.want(`""`, "get-password-data", "--instance-id", web, "--query", "PasswordData")
	c.refused("GetPasswordData", "InvalidInstanceID.NotFound", "The instance ID 'i-0aaffffffffffffff' does not exist", "get-password-data", "--instance-id", "i-0aaffffffffffffff")
	c.refused("GetPasswordData", "DryRunOperation", "Request would have succeeded, but DryRun flag is set.", "get-password-data", "--instance-id", windows, "--dry-run")
	fresh := c.launched("--image-id", "ami-0aa00000000000003", "--instance-type", "m5.large", "--key-name", "windows")[0]
	c.want(`""`, "get-password-data", "--instance-id", fresh, "--query", "PasswordData")
	c.clock.pass(4 * time.Minute)
	if other := c.value("PasswordData", "get-password-data", "--instance-id", fresh, "--priv-launch-key", key); len(other) != 32 || other == secret {
		t.Errorf("the new instance's is %q", other)
	}
}
