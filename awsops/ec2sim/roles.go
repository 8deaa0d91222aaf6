package ec2sim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MFACode is what every MFA device shows.
const MFACode = "271828"

// stsNamespace is that of the service that gives roles.
const stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"

// given are the credentials of a role that somebody assumed.
type given struct {
	account     *account
	key, secret string
	token       string
	until       time.Time
}

// assume answers AssumeRole of the Security Token Service: whoever has keys of
// the fleet may assume every role of every account in it, and with a serial
// number needs the code of the device.
func (c *call) assume(requestID string) *apiError {
	f := c.form
	switch name := f.get("Action"); {
	case name != "AssumeRole":
		return bad("InvalidAction", "Could not find operation %s for version 2011-06-15", name)
	case f.get("RoleSessionName") == "":
		return invalidRole("roleSessionName")
	}
	role := f.get("RoleArn")
	parts := strings.Split(role, ":")
	if len(parts) != 6 || parts[2] != "iam" || !strings.HasPrefix(parts[5], "role/") {
		return bad("ValidationError", "%s is invalid", role)
	}
	i := slices.IndexFunc(c.sim.accounts, func(a *account) bool { return a.ID == parts[4] })
	if i < 0 {
		return &apiError{http.StatusForbidden, "AccessDenied", "User: arn:aws:iam::" + c.account.ID + ":user/" + c.account.Profile + " is not authorized to perform: sts:AssumeRole on resource: " + role}
	}
	if f.get("SerialNumber") != "" && f.get("TokenCode") != MFACode {
		return &apiError{http.StatusForbidden, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. "}
	}
	seconds, err := strconv.Atoi(f.get("DurationSeconds"))
	if err != nil {
		seconds = 3600
	}
	// Clients compare the end with their own clock.
	g := given{c.sim.accounts[i], "ASIA" + strings.ToUpper(c.sim.requests.hex(16)), c.sim.requests.hex(40), c.sim.requests.hex(64), c.sim.wall().Add(time.Duration(seconds) * time.Second)}
	c.sim.given = append(c.sim.given, g)
	d := &c.out
	d.raw(`<AssumeRoleResponse xmlns="` + stsNamespace + `"><AssumeRoleResult>`)
	d.raw("<AssumedRoleUser>")
	session := strings.TrimPrefix(parts[5], "role/") + "/" + f.get("RoleSessionName")
	d.text("AssumedRoleId", "AROASIMULATEDROLE0000:"+f.get("RoleSessionName"))
	d.text("Arn", "arn:aws:sts::"+parts[4]+":assumed-role/"+session)
	d.raw("</AssumedRoleUser><Credentials>")
	d.text("AccessKeyId", g.key)
	d.text("SecretAccessKey", g.secret)
	d.text("SessionToken", g.token)
	d.text("Expiration", g.until.Format(time.RFC3339))
	d.raw("</Credentials></AssumeRoleResult><ResponseMetadata>")
	d.text("RequestId", requestID)
	d.raw("</ResponseMetadata></AssumeRoleResponse>")
	return nil
}

func invalidRole(member string) *apiError {
	return bad("ValidationError", "1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", member)
}

// stsErrorXML is the body of an error of that service.
func stsErrorXML(e *apiError, requestID string) []byte {
	var d doc
	d.raw(`<ErrorResponse xmlns="` + stsNamespace + `"><Error><Type>Sender</Type>`)
	d.text("Code", e.code)
	d.text("Message", e.message)
	d.raw("</Error>")
	d.text("RequestId", requestID)
	d.raw("</ErrorResponse>")
	return d.b
}

// role finds what has been given under an access key, or nil.
func (s *Sim) role(accessKey string) *given {
	i := slices.IndexFunc(s.given, func(g given) bool { return accessKey != "" && g.key == accessKey })
	if i < 0 {
		return nil
	}
	return &s.given[i]
}
