package ui

import (
	"context"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/keymap"
	"ec2deck/theme"
	"ec2deck/views"
)

// The messages of the named connections.
type (
	bookRead struct {
		picker *scopePicker
		all    []awsops.Values
		err    error
	}
	// bookWritten says what became of writing the configuration; form is where
	// it was asked for, or nil.
	bookWritten struct {
		form *connectionForm
		said string
		err  error
	}
	// connectionUsed tells the scopes that a connection has opened.
	connectionUsed struct {
		name   string
		scopes []awsops.Scope
		err    error
	}
)

// wroteConnection asks to write what a form says of a connection.
type wroteConnection struct {
	ours
	form   *connectionForm
	values awsops.Values
}

// notYours is why a session over SSH changes no connections.
const notYours = "is refused over SSH: the configuration is the server's own"

// connections are the lines of the named connections.
func (p *scopePicker) connections() []choice {
	if p.env.Book == nil {
		return nil
	}
	var out []choice
	if p.bookErr != nil {
		out = append(out, choice{text: "  ! " + p.bookErr.Error(), tone: theme.Bad})
	}
	for _, v := range p.book {
		words := []string{"connection", v.Get("name") + ":", v.Get("profile"), strings.Join(v["regions"], ", ")}
		for _, flag := range []string{"production", "read-only"} {
			if v.Get(flag) == "true" {
				words = append(words, flag)
			}
		}
		out = append(out, choice{named: v, text: "    " + strings.Join(strings.Fields(strings.Join(words, " ")), " "), tone: theme.Accent})
	}
	return append(out, choice{named: awsops.Values{}, text: "  + a new connection", tone: theme.Faint})
}

// readBook reads the named connections.
func (p *scopePicker) readBook() tea.Cmd {
	book := p.env.Book
	if book == nil {
		return nil
	}
	return func() tea.Msg {
		all, err := book.List()
		return bookRead{p, all, err}
	}
}

// remove takes a connection away, when it is asked for twice.
func (p *scopePicker) remove(name, asked string) (views.Intent, tea.Cmd) {
	if asked != name {
		p.removing = name
		return views.Say{Text: p.env.Keys.TypedRemove.Help().Key + " again removes the connection " + name + " from the configuration; nothing in AWS changes", Tone: theme.Busy}, nil
	}
	return nil, write(p.env, nil, name, nil, "removed the connection "+name)
}

// write writes a connection, or takes it away. An open profile that it reaches
// in another way now is gone on with there.
func write(env views.Env, form *connectionForm, was string, v awsops.Values, said string) tea.Cmd {
	return func() tea.Msg {
		before := map[string]awsops.Connection{}
		for _, at := range env.Session.Scopes() {
			before[at.Profile] = env.Session.Way(at.Profile)
		}
		if err := env.Book.Write(was, v); err != nil {
			return bookWritten{form, said, err}
		}
		ctx, cancel := context.WithTimeout(env.Context, openTimeout)
		defer cancel()
		for profile, was := range before {
			if is := env.Session.Way(profile); is.Endpoint == was.Endpoint && is.Proxy == was.Proxy {
				continue
			}
			if err := env.Session.Reconnect(ctx, profile); err != nil {
				said += "; " + profile + ": " + views.Explain(err)
			}
		}
		return bookWritten{form, said, nil}
	}
}

// connectionForm is the form of a named connection, in a box.
type connectionForm struct {
	*views.Form
	keys *keymap.Map
	was  string
}

func (f *connectionForm) dangerous() bool { return false }

// Help implements views.View.
func (f *connectionForm) Help() []key.Binding {
	help := slices.DeleteFunc(f.Form.Help(), func(b key.Binding) bool { return b.Help().Desc == "copy as aws command" })
	return slices.Insert(help, len(help)-1, checkKey(f.keys))
}

// checkKey is the key of a dry run, where it tries a connection.
func checkKey(k *keymap.Map) key.Binding {
	return key.NewBinding(key.WithKeys(k.TypedDryRun.Keys()...), key.WithHelp(k.TypedDryRun.Help().Key, "check"))
}

// Update implements views.View.
func (f *connectionForm) Update(msg tea.Msg) (views.Intent, tea.Cmd) {
	if press, ok := msg.(tea.KeyMsg); ok && key.Matches(press, f.keys.TypedDryRun) {
		filled, ok := f.Filled()
		if !ok {
			return nil, nil
		}
		return tryConnection{values: filled.Values}, nil
	}
	intent, cmd := f.Form.Update(msg)
	if s, ok := intent.(views.Submit); ok {
		intent = wroteConnection{form: f, values: s.Values}
	}
	return intent, cmd
}

func (m *Model) editConnection(v awsops.Values) tea.Cmd {
	if m.env.Book == nil {
		m.say("a connection "+notYours, theme.Bad)
		return nil
	}
	return m.push(&connectionForm{Form: views.NewForm(m.env, m.env.Book.Form(), v, nil, ""), keys: m.env.Keys, was: v.Get("name")})
}

// checkDialog is a self-check over what it is asked from.
type checkDialog struct{ *views.SelfCheck }

func (checkDialog) dangerous() bool { return false }

// tryConnection looks at everything that has to be right for a connection,
// without opening it.
func (m *Model) tryConnection(v awsops.Values) tea.Cmd {
	profile, way, err := m.env.Book.Way(v)
	if err != nil {
		m.say(views.Explain(err), theme.Bad)
		return nil
	}
	return m.try(profile, way)
}

// tryScope does the same for a profile as it is reached now.
func (m *Model) tryScope(at awsops.Scope) tea.Cmd {
	way := m.env.Session.Way(at.Profile)
	if at.Region != "" {
		way.Regions = []string{at.Region}
	}
	return m.try(at.Profile, way)
}

func (m *Model) try(profile string, way awsops.Connection) tea.Cmd {
	env := m.env
	env.Session = env.Session.Trial(profile, way)
	return m.push(checkDialog{views.NewSelfCheck(env).(*views.SelfCheck)})
}

func (m *Model) writeConnection(w wroteConnection) tea.Cmd {
	return write(m.env, w.form, w.form.was, w.values, "written: the connection "+w.values.Get("name"))
}

// onBookWritten closes the form, or keeps it with what was wrong.
func (m *Model) onBookWritten(msg bookWritten) tea.Cmd {
	if msg.err != nil {
		m.say(views.Explain(msg.err), theme.Bad)
		if msg.form != nil {
			msg.form.Again(msg.err)
		}
		return nil
	}
	m.overlays = slices.DeleteFunc(m.overlays, func(v views.View) bool { return v == views.View(msg.form) })
	m.policy = m.env.Session.Policy()
	m.say(msg.said, theme.Good)
	return tea.Batch(m.broadcast(msg), m.broadcast(views.Scoped{}))
}

// useConnection opens the scopes that a connection names.
func (m *Model) useConnection(name string) tea.Cmd {
	m.say("opening the connection "+name, theme.Busy)
	ctx, session, book := m.env.Context, m.env.Session, m.env.Book
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, openTimeout)
		defer cancel()
		out := connectionUsed{name: name}
		profile, err := book.Use(name)
		if err == nil {
			out.scopes, err = session.Open(ctx, profile)
		}
		out.err = err
		return out
	}
}

func (m *Model) onConnectionUsed(msg connectionUsed) tea.Cmd {
	m.policy = m.env.Session.Policy()
	if msg.err != nil {
		m.say("the connection "+msg.name+": "+views.Explain(msg.err), theme.Bad)
		return m.broadcast(views.Scoped{})
	}
	m.say("opened the connection "+msg.name, theme.Good)
	cmds := []tea.Cmd{m.broadcast(views.Scoped{})}
	if len(msg.scopes) > 0 {
		cmds = append(cmds, m.identify(msg.scopes[0]))
	}
	return tea.Batch(cmds...)
}

// begin makes the open scopes those that the program opens by itself.
func (m *Model) begin() tea.Cmd {
	if m.env.Book == nil {
		m.say("a default "+notYours, theme.Bad)
		return nil
	}
	book, scopes := m.env.Book, m.env.Session.Scopes()
	return func() tea.Msg {
		return bookWritten{nil, "written: these profiles and regions are opened by default", book.Begin(scopes)}
	}
}
