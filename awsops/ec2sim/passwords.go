package ec2sim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"

	"golang.org/x/crypto/ssh"
)

// windowsPublicKey is the public half of the fleets' key pair "windows"; the
// private half is testdata/keys/windows.pem, so that their passwords can be
// read.
const (
	windowsPublicKey   = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCaBGFwfLsNwFUbwUd30hndgzuogx27pR/8PHCGabrcZIiKfPXWubPFH8UTCQRtdL+vhSFMCKHuQzLNTBUnGWORe7dHRj2NuY/r3W9S9E52PdlYluChEZjJ0ZlPi6aduDQIs3fl1qavWH123gj1SJTr7mdVgcjlAOQxjk1SxfuoYOJ5FNa8qC3pj+k8BqJKYwSDoqx46M+tNyRIWBpyhejNwcz5kPPEVrAEK6KlYguPtgZ0KQS05J/icHSuaZsjdfWKOrCci5HN0k01fFy7YxviarOK/cwF80InTZ5j6E/tI/B8HjEHMWTB2Ua/AXbCz/I2mTOW8qvmUVoJ26cHg1yb"
	windowsFingerprint = "c1:5a:2b:c5:5a:88:2b:b1:f9:58:ea:f6:64:93:d7:88:23:6d:2f:2c"
)

func passwordActions() []action {
	return []action{{name: "GetPasswordData", required: []string{"InstanceId"}, check: getPasswordData}}
}

func getPasswordData(c *call) (act, *apiError) {
	id := c.form.get("InstanceId")
	if err := c.lookupInstances([]string{id}); err != nil {
		return nil, err
	}
	in := c.region.instances.byID[id]
	return func() *apiError {
		data, err := c.passwordData(in)
		if err != nil {
			return &apiError{500, "InternalError", err.Error()}
		}
		c.out.text("instanceId", id)
		c.out.at("timestamp", c.now)
		c.out.text("passwordData", data)
		return nil
	}, nil
}

// passwordData is the password of a Windows instance, encrypted for its key
// pair. Windows makes it some time after the first launch; without an RSA key
// pair nobody could read it, so there is none.
func (c *call) passwordData(in *Instance) (string, error) {
	k := c.region.keyPairNamed(in.KeyName)
	if in.Platform != "windows" || k == nil || k.kind != "rsa" || c.now.Before(in.CreatedAt.Add(c.sim.delays.Password)) {
		return "", nil
	}
	if in.passwordData == "" {
		line := k.public
		if line == "" {
			line = windowsPublicKey
		}
		public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			return "", err
		}
		half := public.(ssh.CryptoPublicKey).CryptoPublicKey().(*rsa.PublicKey)
		//lint:ignore SA1019 it is how EC2 encrypts
		sealed, err := rsa.EncryptPKCS1v15(rand.Reader, half, []byte(in.password()))
		if err != nil {
			return "", err
		}
		in.passwordData = "\r\n" + base64.StdEncoding.EncodeToString(sealed) + "\r\n" // as EC2 writes it
	}
	return in.passwordData, nil
}

// password is what an instance's administrator logs in with.
func (in *Instance) password() string {
	sum := sha256.Sum256([]byte("password of " + in.ID))
	return base64.RawStdEncoding.EncodeToString(sum[:])[:32]
}
