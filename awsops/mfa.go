package awsops

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/smithy-go"
)

// MFADevice is one that a profile has to show a code of, because its
// role is given for one.
type MFADevice struct{ Profile, Serial string }

// needsCode is why the SDK gets no role: nobody has given a code yet.
type needsCode struct {
	MFADevice
	shared bool
}

// Error implements error.
func (e *needsCode) Error() string {
	return fmt.Sprintf("profile %s needs a code of the MFA device %s", e.Profile, e.Serial)
}

// describe tells it to people.
func (e *needsCode) describe(out *Error) {
	out.Class, out.Code, out.Message = Denied, "NeedsCode", e.Error()
	out.Hint = "It is asked for on a terminal; in the screen a refresh asks again."
	if e.shared {
		out.Hint = "A server's credentials are everybody's, so it asks nobody for a code: give it a profile without mfa_serial, or run ec2deck on your own machine."
	}
}

// withCodes lets a profile assume a role with a code that somebody gave. What
// it is given for the code is kept for the whole session, since a code counts
// once: role names it, and is "" where no code is needed.
func (s *Session) withCodes(profile string, role *string) config.LoadOptionsFunc {
	return config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) {
		if o.SerialNumber == nil {
			return
		}
		at := MFADevice{profile, *o.SerialNumber}
		*role = strings.Join([]string{profile, o.RoleARN, at.Serial}, "\n")
		if o.Duration == 0 { // the SDK would ask for a quarter of an hour, and so for a code as often
			o.Duration = time.Hour
		}
		o.TokenProvider = func() (string, error) { return s.takeCode(at) }
	})
}

// takeCode uses the code that was given for a device. A connection of a server
// asks nobody: whoever happened to log in would answer for all.
func (s *Session) takeCode(at MFADevice) (string, error) {
	if s.settings.Shared != nil {
		return "", &needsCode{at, true}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	code := s.codes[at.Profile]
	delete(s.codes, at.Profile)
	if code == "" {
		s.devices[at.Profile] = at
		return "", &needsCode{at, false}
	}
	return code, nil
}

// roleOf is the credentials of a role that has been given for a code, or these.
func (s *Session) roleOf(role string, found aws.CredentialsProvider) aws.CredentialsProvider {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.roles[role] == nil {
		s.roles[role] = found
	}
	return s.roles[role]
}

// Devices are those that a code is needed of, by profile.
func (s *Session) Devices() []MFADevice {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []MFADevice
	for _, at := range s.devices {
		out = append(out, at)
	}
	sort.Slice(out, func(i, k int) bool { return out[i].Profile < out[k].Profile })
	return out
}

// GiveCode signs a profile in with a code of its device. After an error the
// device is still among Devices; a code counts once, so that another is needed.
func (s *Session) GiveCode(ctx context.Context, at MFADevice, code string) error {
	code = strings.TrimSpace(code)
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		return &InputError{Field: "code", Rule: "write the six digits that the device shows"}
	}
	s.mu.Lock()
	s.codes[at.Profile] = code
	s.mu.Unlock()
	_, _, err := s.signIn(ctx, s.chain(at.Profile))
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.codes, at.Profile)
	var refused smithy.APIError
	switch {
	case err == nil:
		delete(s.devices, at.Profile)
	case errors.As(err, &refused):
		return &Error{Operation: "assume-role", Class: Denied, Code: refused.ErrorCode(), Message: "the code was refused: " + strings.TrimSpace(refused.ErrorMessage()), Hint: "A code counts once: take the next one that the device shows.", Err: err}
	}
	return err
}
