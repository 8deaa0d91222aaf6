// Package journal records what is done: by whom, to what, and what came of it.
//
// A change is two records with one ID. The intent is on the disk before EC2 is
// asked, so that no change can happen unrecorded; the outcome follows. Sinks
// take the records: a file, syslog, or whatever else has to be told.
package journal

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"
)

// Event says what a record is about.
type Event string

// The events.
const (
	Intent  Event = "intent"  // a change is about to be asked for
	Outcome Event = "outcome" // what became of it
	Refusal Event = "refusal" // a login or an operation was not allowed
	Closed  Event = "closed"  // a workflow has come to its end
	Login   Event = "login"
	Logout  Event = "logout"
)

// Who is the person behind a session, as far as it is known.
type Who struct {
	User    string `json:"user,omitempty"`        // as the client gave it
	Name    string `json:"name,omitempty"`        // as the server knows the key
	Key     string `json:"fingerprint,omitempty"` // of the key that logged in
	CA      string `json:"ca,omitempty"`          // of the authority, for a certificate
	Serial  uint64 `json:"serial,omitempty"`      // of the certificate
	Role    string `json:"role,omitempty"`
	Remote  string `json:"remote,omitempty"`
	Session string `json:"session,omitempty"`
}

// Record is one line.
type Record struct {
	At    time.Time `json:"at"`
	ID    string    `json:"id"`
	Event Event     `json:"event"`
	Who

	Profile   string              `json:"profile,omitempty"`
	Account   string              `json:"account,omitempty"`
	Region    string              `json:"region,omitempty"`
	Operation string              `json:"operation,omitempty"`
	Risk      string              `json:"risk,omitempty"`
	DryRun    bool                `json:"dry_run,omitempty"`
	Why       string              `json:"why,omitempty"` // as the operator said it
	Targets   []string            `json:"targets,omitempty"`
	Inputs    map[string][]string `json:"inputs,omitempty"` // secrets by their size only

	Result    string   `json:"result,omitempty"`      // of an outcome: done, partly, refused, failed or unknown
	Code      string   `json:"code,omitempty"`        // of the error
	Reason    string   `json:"reason,omitempty"`      // why something was refused, or went wrong
	Failed    []string `json:"failed,omitempty"`      // the targets that did
	Made      []string `json:"made,omitempty"`        // what was created
	RequestID string   `json:"request_id,omitempty"`  // EC2's
	Took      int64    `json:"duration_ms,omitempty"` // milliseconds
	State     string   `json:"state,omitempty"`       // where the target of a workflow has come to
	Work      string   `json:"worklog,omitempty"`     // of a workflow, for people
	Asset     *Asset   `json:"asset,omitempty"`
	Exit      *int     `json:"exit,omitempty"` // of a session
}

// Asset is an instance as the inventory keeps it.
type Asset struct {
	At          time.Time  `json:"at"`
	ID          string     `json:"id"`
	State       string     `json:"state"` // active or inactive
	Operation   string     `json:"operation"`
	Name        string     `json:"name,omitempty"`
	Type        string     `json:"type,omitempty"`
	Image       string     `json:"image,omitempty"`
	Key         string     `json:"key_name,omitempty"`
	Owner       string     `json:"owner,omitempty"`
	Reservation string     `json:"reservation,omitempty"`
	DNS         string     `json:"dns,omitempty"`
	PublicIP    string     `json:"public_ip,omitempty"`
	PrivateIP   string     `json:"private_ip,omitempty"`
	Launched    *time.Time `json:"launched,omitempty"`
	Profile     string     `json:"profile"`
	Region      string     `json:"region"`
}

// Sink takes records.
type Sink interface {
	// Record keeps a record. It has to last when Record returns without an
	// error, whatever happens to the machine, if it is an intent.
	Record(Record) error
}

// Sinks gives each record to all of them. One that fails is an error, and the
// others get the record all the same.
type Sinks []Sink

// Record implements Sink.
func (s Sinks) Record(r Record) error {
	var errs []error
	for _, sink := range s {
		errs = append(errs, sink.Record(r))
	}
	return errors.Join(errs...)
}

// NewID is the ID that an intent and its outcome share.
func NewID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Line is a value as one line of JSON. Whatever could mean something to a
// terminal is escaped, beyond what JSON itself asks for.
func Line(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for len(text) > 0 {
		c, n := utf8.DecodeRune(text)
		if unicode.In(c, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp) {
			if c > 0xffff {
				c = unicode.ReplacementChar
			}
			fmt.Fprintf(&b, `\u%04x`, c)
		} else {
			b.Write(text[:n])
		}
		text = text[n:]
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
