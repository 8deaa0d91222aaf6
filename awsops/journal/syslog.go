//go:build !windows && !plan9 && !js

package journal

import (
	"fmt"
	"log/syslog"
)

// Syslog gives records to the system's log, as JSON, in the facility for
// security and authorization.
type Syslog struct{ w *syslog.Writer }

// OpenSyslog connects to the system's log: the local one, or that at an
// address such as udp://loghost:514.
func OpenSyslog(network, address string) (*Syslog, error) {
	w, err := syslog.Dial(network, address, syslog.LOG_NOTICE|syslog.LOG_AUTHPRIV, "ec2deck")
	if err != nil {
		return nil, fmt.Errorf("the system's log cannot be reached: %w", err)
	}
	return &Syslog{w}, nil
}

// Record implements Sink.
func (s *Syslog) Record(r Record) error {
	text, err := Line(r)
	if err != nil {
		return err
	}
	if _, err = s.w.Write(text); err != nil {
		return fmt.Errorf("the system's log cannot be reached: %w", err)
	}
	return nil
}
