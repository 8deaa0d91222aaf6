package ui

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/theme"
	"ec2deck/views"
)

// scopePicker opens and closes scopes while the screen lives: the regions of
// each profile that the session offers. A profile is asked for its regions when
// it is chosen, because that may start a sign-in.
type scopePicker struct {
	base
	input    textinput.Model
	profiles []string
	reached  map[string]*reached
	book     []awsops.Values // the named connections
	bookErr  error
	removing string // asked once to remove this connection
	at       int
}

// reached is what a profile has said about its regions.
type reached struct {
	scopes []awsops.Scope
	err    error
	asked  bool
}

// scopesReached tells the regions of a profile.
type scopesReached struct {
	picker  *scopePicker
	profile string
	scopes  []awsops.Scope
	err     error
}

// scopeOpened says that a scope has been added, or why not.
type scopeOpened struct {
	scope awsops.Scope
	err   error
}

// Intents of the picker.
type (
	// useConnection opens the scopes of a named connection.
	useConnection struct {
		ours
		name string
	}
	// editConnection asks for the form of a named connection, or of a new one.
	editConnection struct {
		ours
		named awsops.Values
	}
	// begin makes the open scopes the default.
	begin struct{ ours }
	// tryConnection asks for a self-check of a connection.
	tryConnection struct {
		ours
		values awsops.Values
	}
	// tryScope asks for one of a scope, or of a profile in its own regions.
	tryScope struct {
		ours
		scope awsops.Scope
	}
	// toggled opens a scope or closes it.
	toggled struct {
		ours
		scope awsops.Scope
	}
)

func newScopePicker(env views.Env) *scopePicker {
	p := &scopePicker{base: base{env: env}, input: views.NewInput(env, "scopes: "), profiles: env.Session.Offered(), reached: map[string]*reached{}}
	p.input.Placeholder = "letters of a profile, an account or a region"
	p.input.Focus()
	return p
}

// Init asks the profiles that are open already.
func (p *scopePicker) Init() tea.Cmd {
	cmds := []tea.Cmd{p.readBook()}
	for _, s := range p.env.Session.Scopes() {
		cmds = append(cmds, p.reach(s.Profile))
	}
	return tea.Batch(cmds...)
}

// reach asks a profile for its regions, once.
func (p *scopePicker) reach(profile string) tea.Cmd {
	if r := p.reached[profile]; r != nil && r.err == nil {
		return nil
	}
	p.reached[profile] = &reached{asked: true}
	ctx, session := p.env.Context, p.env.Session
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, openTimeout)
		defer cancel()
		scopes, err := session.Reachable(ctx, profile)
		return scopesReached{p, profile, scopes, err}
	}
}

// choice is a line of the picker: a scope, a profile to ask, or a connection.
type choice struct {
	scope awsops.Scope
	named awsops.Values // of a connection; one without a name is to be made
	text  string
	tone  theme.Tone
}

// choices are the lines that what is typed leaves.
func (p *scopePicker) choices() []choice {
	live := p.env.Session.Scopes()
	out := p.connections()
	for _, name := range p.profiles {
		scopes, r := slices.Clone(live), p.reached[name]
		scopes = slices.DeleteFunc(scopes, func(s awsops.Scope) bool { return s.Profile != name })
		if r != nil {
			for _, s := range r.scopes {
				if !slices.Contains(scopes, s) {
					scopes = append(scopes, s)
				}
			}
		}
		sort.SliceStable(scopes, func(i, j int) bool { return scopes[i].Region < scopes[j].Region })
		for _, s := range scopes {
			box := "[ ] "
			if slices.Contains(live, s) {
				box = "[x] "
			}
			out = append(out, choice{s, nil, box + strings.Join(strings.Fields(s.Profile+" "+p.env.Session.Account(s.Profile)+" "+s.Region), " "), views.ScopeTone(p.env.Session.Policy(), s)})
		}
		switch {
		case r == nil:
			out = append(out, choice{awsops.Scope{Profile: name}, nil, "    " + name + ": enter lists its regions", theme.Faint})
		case r.asked:
			out = append(out, choice{awsops.Scope{Profile: name}, nil, "    " + name + ": looking for its regions…", theme.Busy})
		case r.err != nil:
			out = append(out, choice{awsops.Scope{Profile: name}, nil, "  ! " + name + ": " + r.err.Error(), theme.Bad})
		}
	}
	return slices.DeleteFunc(out, func(c choice) bool {
		for word := range strings.FieldsSeq(strings.ToLower(p.input.Value())) {
			if !strings.Contains(strings.ToLower(c.text), word) {
				return true
			}
		}
		return false
	})
}

// Typing implements views.View.
func (p *scopePicker) Typing() bool { return true }

// Help implements views.View.
func (p *scopePicker) Help() []key.Binding {
	k := p.env.Keys
	return []key.Binding{
		key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "open or close")),
		key.NewBinding(key.WithKeys(k.TypedEdit.Keys()...), key.WithHelp(k.TypedEdit.Help().Key, "edit")),
		checkKey(k), k.TypedRemove, k.TypedSave, k.Back,
		key.NewBinding(key.WithKeys("up"), key.WithHelp("↑/↓", "choose")),
	}
}

// Update implements views.View.
func (p *scopePicker) Update(msg tea.Msg) (views.Intent, tea.Cmd) {
	switch msg := msg.(type) {
	case scopesReached:
		if msg.picker == p {
			p.reached[msg.profile] = &reached{scopes: msg.scopes, err: msg.err}
		}
		return nil, nil
	case bookRead:
		if msg.picker == p {
			p.book, p.bookErr = msg.all, msg.err
			if p.at == 0 && len(msg.all) == 0 {
				p.at = 1 // beyond the line that makes one
			}
		}
		return nil, nil
	case bookWritten:
		p.input.SetValue("")
		return nil, p.readBook()
	case codeTried:
		if r := p.reached[msg.at.Profile]; msg.err == nil && r != nil && r.err != nil {
			return nil, p.reach(msg.at.Profile)
		}
	case tea.KeyMsg:
		return p.onKey(msg)
	}
	return nil, nil
}

func (p *scopePicker) onKey(press tea.KeyMsg) (views.Intent, tea.Cmd) {
	choices := p.choices()
	p.at = max(0, min(p.at, len(choices)-1))
	removing := p.removing
	p.removing = ""
	switch k := p.env.Keys; {
	case key.Matches(press, k.TypedSave):
		return begin{}, nil
	case key.Matches(press, k.TypedDryRun):
		switch {
		case len(choices) == 0:
		case choices[p.at].named.Get("name") != "":
			return tryConnection{values: choices[p.at].named}, nil
		case choices[p.at].named == nil:
			return tryScope{scope: choices[p.at].scope}, nil
		}
		return views.Say{Text: "this line is nothing to check", Tone: theme.Faint}, nil
	case key.Matches(press, k.TypedEdit), key.Matches(press, k.TypedRemove):
		if len(choices) == 0 || choices[p.at].named.Get("name") == "" {
			return views.Say{Text: "this line is no connection", Tone: theme.Faint}, nil
		}
		if key.Matches(press, k.TypedEdit) {
			return editConnection{named: choices[p.at].named}, nil
		}
		return p.remove(choices[p.at].named.Get("name"), removing)
	case key.Matches(press, k.Back):
		return views.Back{}, nil
	case press.Type == tea.KeyUp, press.String() == "ctrl+p":
		p.at = max(0, p.at-1)
	case press.Type == tea.KeyDown, press.String() == "ctrl+n":
		p.at = max(0, min(p.at+1, len(choices)-1))
	case key.Matches(press, k.Accept):
		if len(choices) == 0 {
			return nil, nil
		}
		switch c := choices[p.at]; {
		case c.named.Get("name") != "":
			return useConnection{name: c.named.Get("name")}, nil
		case c.named != nil:
			return editConnection{}, nil
		case c.scope.Region != "":
			return toggled{scope: c.scope}, nil
		}
		return nil, p.reach(choices[p.at].scope.Profile)
	default:
		was := p.input.Value()
		p.input, _ = p.input.Update(press) // the cursor does not blink
		if p.input.Value() != was {
			p.at = 0
		}
	}
	return nil, nil
}

// View implements views.View.
func (p *scopePicker) View() string {
	th := p.env.Theme
	in := p.input
	in.Width = max(1, p.width-10)
	lines := []string{in.View(), ""}
	choices := p.choices()
	at := max(0, min(p.at, len(choices)-1))
	room := max(1, p.height-2)
	from := max(0, at-room+1)
	for i := from; i < min(from+room, len(choices)); i++ {
		text := cut(awsops.Clean(choices[i].text), p.width-2)
		if i == at {
			lines = append(lines, th.Cursor.Render("> "+text))
			continue
		}
		lines = append(lines, "  "+th.Tone(choices[i].tone).Render(text))
	}
	if len(choices) == 0 {
		lines = append(lines, "  Nothing is called that.")
	}
	return strings.Join(lines, "\n")
}

// toggle closes a scope that is open, and opens one that is not. The last one
// stays: a screen without any shows nothing.
func (m *Model) toggle(scope awsops.Scope) tea.Cmd {
	live := m.env.Session.Scopes()
	if !slices.Contains(live, scope) {
		ctx, session := m.env.Context, m.env.Session
		m.say("opening "+scope.String(), theme.Busy)
		return func() tea.Msg {
			ctx, cancel := context.WithTimeout(ctx, openTimeout)
			defer cancel()
			return scopeOpened{scope, session.Attach(ctx, scope)}
		}
	}
	if len(live) == 1 {
		m.say(fmt.Sprintf("%s is the last scope and stays open; open another first", scope), theme.Busy)
		return nil
	}
	m.env.Session.Detach(scope)
	m.say("closed "+scope.String(), theme.Good)
	return m.broadcast(views.Scoped{})
}

func (m *Model) onScopeOpened(msg scopeOpened) tea.Cmd {
	if msg.err != nil {
		m.say(msg.scope.String()+": "+msg.err.Error(), theme.Bad)
		return nil
	}
	m.say("opened "+msg.scope.String(), theme.Good)
	return tea.Batch(m.broadcast(views.Scoped{}), m.identify(msg.scope))
}

// identify finds the account of a scope out.
func (m *Model) identify(scope awsops.Scope) tea.Cmd {
	ctx, session := m.env.Context, m.env.Session
	return func() tea.Msg {
		_, _ = session.Identify(ctx, scope) // an account that stays unknown shows as such
		return identified{}
	}
}
