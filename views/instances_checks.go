package views

import (
	"fmt"
	"time"

	"ec2deck/theme"
)

// carryChecks keeps the status checks, which a listing reads only at its end.
func carryChecks(old, listed instance) instance {
	if listed.Checks().Worst == "" && listed.State == old.State {
		return listed.Checked(old)
	}
	return listed
}

func checksTone(i instance) theme.Tone {
	switch i.Checks().Worst {
	case "ok":
		return theme.Good
	case "impaired":
		return theme.Bad
	}
	return theme.Busy
}

// impairedSince is a column of how long a check has failed.
func impairedSince() Column[instance] {
	c := age(func(i instance) time.Time { return i.Checks().Since })
	value := c.Value
	c.Title, c.Width = "Impaired", 8
	c.Value = func(i instance) string {
		if i.Checks().Since.IsZero() {
			return ""
		}
		return value(i)
	}
	c.Tone = func(instance) theme.Tone { return theme.Bad }
	return c
}

// checksShort fits the column: an impaired check shows as "2/3 !".
func checksShort(i instance, _ time.Time) string {
	sign, ok := map[string]string{"impaired": "!", "insufficient-data": "?"}[i.Checks().Worst]
	if !ok {
		return i.Checks().String()
	}
	return fmt.Sprintf("%d/%d %s", i.Checks().Passed, i.Checks().Of, sign)
}

// checkSince is the outcome of a check, and since when it fails.
func checkSince(outcome string, since *time.Time) string {
	if since == nil {
		return outcome
	}
	return outcome + " since " + moment(since)
}
