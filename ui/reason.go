package ui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/theme"
	"ec2deck/views"
)

// reason is the question why, which comes before the confirmation.
type reason struct {
	asking  bool
	must    bool
	missing bool
	text    string
	input   textinput.Model
}

func newReason(env views.Env) reason {
	how := env.Session.AsksReason()
	r := reason{asking: how != awsops.NotAsked, must: how == awsops.MustTell, input: views.NewInput(env, "> ")}
	if r.asking {
		r.input.Focus()
	}
	return r
}

// onReason is a key while the question stands.
func (c *confirm) onReason(msg tea.KeyMsg) views.Intent {
	k, r := c.env.Keys, &c.reason
	switch {
	case key.Matches(msg, k.Back):
		return views.Back{}
	case key.Matches(msg, k.TypedDryRun):
		return c.dryRun()
	case key.Matches(msg, k.Accept):
		r.text = strings.TrimSpace(r.input.Value())
		r.missing = r.must && r.text == "" || awsops.CheckReason(r.text) != nil
		r.asking = r.missing
	default:
		r.missing = false
		r.input, _ = r.input.Update(msg) // the cursor does not blink
	}
	return nil
}

// why is the question.
func (c *confirm) why() string {
	ask := c.env.Theme.Tone(theme.Strong).Render("Why?") + " "
	switch {
	case c.reason.missing && c.reason.text != "":
		ask = c.env.Theme.Tone(theme.Bad).Render("That is too long.") + " "
	case c.reason.missing:
		ask = c.env.Theme.Tone(theme.Bad).Render("A reason is required here.") + " "
	case !c.reason.must:
		ask += c.env.Theme.Tone(theme.Faint).Render("(may stay empty)") + " "
	}
	c.reason.input.Width = max(1, c.width-36)
	return ask + c.reason.input.View()
}
