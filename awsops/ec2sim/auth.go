package ec2sim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// clockTolerance is the age at which EC2 refuses a signature.
const clockTolerance = 15 * time.Minute

// credential is what an Authorization header of Signature Version 4 says.
type credential struct {
	accessKey, date, region, service string
	signedHeaders                    []string
	signature                        string
}

// parseCredential reads "AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/ec2/aws4_request,
// SignedHeaders=a;b, Signature=hex". What it cannot read stays empty.
func parseCredential(header string) credential {
	var c credential
	rest, ok := strings.CutPrefix(header, "AWS4-HMAC-SHA256 ")
	if !ok {
		return c
	}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Credential":
			scope := strings.Split(value, "/")
			if len(scope) == 5 && scope[4] == "aws4_request" {
				c.accessKey, c.date, c.region, c.service = scope[0], scope[1], scope[2], scope[3]
			}
		case "SignedHeaders":
			c.signedHeaders = strings.Split(value, ";")
		case "Signature":
			c.signature = value
		}
	}
	return c
}

func errAuth() *apiError {
	return &apiError{http.StatusUnauthorized, "AuthFailure",
		"AWS was not able to validate the provided access credentials"}
}

// accountOf finds the account that owns an access key.
func (s *Sim) accountOf(accessKey string) *account {
	for _, a := range s.accounts {
		if accessKey != "" && a.AccessKeyID == accessKey {
			return a
		}
	}
	if g := s.role(accessKey); g != nil {
		return g.account
	}
	return nil
}

// authenticate finds the account by the access key and the region by the
// scope of the signature; the host name says nothing here.
func (s *Sim) authenticate(c *call, r *http.Request, body []byte, cred credential, verify bool) *apiError {
	if r.Header.Get("Authorization") == "" {
		return &apiError{http.StatusForbidden, "MissingAuthenticationToken",
			"Request is missing Authentication Token"}
	}
	c.account = s.accountOf(cred.accessKey)
	if c.account == nil || cred.service != "ec2" && cred.service != "sts" {
		return errAuth()
	}
	secret := c.account.SecretAccessKey
	if g := s.role(cred.accessKey); g != nil {
		if r.Header.Get("X-Amz-Security-Token") != g.token {
			return errAuth()
		}
		if s.wall().After(g.until) {
			return bad("RequestExpired", "Request has expired.")
		}
		secret = g.secret
	}
	c.region = c.account.region(cred.region)
	if cred.service == "ec2" && (c.region == nil || !c.region.enabled()) {
		return errAuth()
	}
	signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if s.cfg.Now == nil && !s.cfg.IgnoreClock {
		if err != nil || s.wall().Sub(signed).Abs() > clockTolerance {
			return bad("RequestExpired", "Request has expired.")
		}
	}
	if verify && !cred.verifies(r, body, secret) {
		return errAuth()
	}
	return nil
}

// verifies computes the signature again and compares.
func (c credential) verifies(r *http.Request, body []byte, secret string) bool {
	date := r.Header.Get("X-Amz-Date")
	scope := strings.Join([]string{c.date, c.region, c.service, "aws4_request"}, "/")
	text := "AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n" + hexSum([]byte(c.canonical(r, body)))
	key := []byte("AWS4" + secret)
	for _, part := range []string{c.date, c.region, c.service, "aws4_request", text} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return strings.HasPrefix(date, c.date) && hmac.Equal([]byte(hex.EncodeToString(key)), []byte(c.signature))
}

// canonical is the request in the form that both sides sign.
func (c credential) canonical(r *http.Request, body []byte) string {
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	var b strings.Builder
	b.WriteString(r.Method + "\n" + path + "\n" + canonicalQuery(r.URL.Query()) + "\n")
	for _, name := range c.signedHeaders {
		b.WriteString(name + ":" + signedHeader(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(c.signedHeaders, ";") + "\n" + hexSum(body))
	return b.String()
}

// signedHeader finds a header's value where net/http keeps it: Host and
// Content-Length are not among the headers of a request.
func signedHeader(r *http.Request, name string) string {
	switch name {
	case "host":
		if r.Host != "" {
			return r.Host
		}
		return r.URL.Host
	case "content-length":
		return itoa(int(r.ContentLength))
	}
	values := slices.Clone(r.Header.Values(name))
	for i, v := range values {
		values[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(values, ",")
}

func canonicalQuery(q url.Values) string {
	// Encode sorts by name; Signature Version 4 wants %20 where it puts +.
	return strings.ReplaceAll(q.Encode(), "+", "%20")
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
