// Package views holds what stands on the screen's stack: the generic table
// with its detail pane, the form and the text pager, and one declaration for
// each resource. A declaration is data; see Resource.
//
// Views never call AWS in Update or View, open no dialogs and decide nothing
// about permissions: they return an Intent, and the screen acts on it at once.
package views

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/keymap"
	"ec2deck/theme"
)

// Env is what one session is given. It does not change while the session
// lives; what can change sits behind the session's methods.
type Env struct {
	Context context.Context
	Session *awsops.Session
	Theme   theme.Theme
	Keys    *keymap.Map
	Log     *slog.Logger
	// Now is the clock.
	Now func() time.Time
	// After makes a message when the time has passed. It starts its timer when
	// it is built, so it is built in the Update that returns it.
	After func(time.Duration, func() tea.Msg) tea.Cmd
	// Keep makes sure of a new file for a secret. It is nil where files would be
	// another's: then secrets are shown once.
	Keep func(path string) (Keeper, error)
	// Setups say how tables begin, by kind, and Naming how instances are called;
	// nil is as they are declared.
	Setups  map[string]Setup
	Rebound Rebound
	Naming  *awsops.Naming
	// Book is the operator's named connections; it is nil where they are
	// another's.
	Book *Book
	// SSH is how the operator logs in to instances.
	SSH SSH
	// Execute runs a program in the terminal, and tells its end. It is nil where
	// that would be another's machine.
	Execute func(argv []string, ended func(error) tea.Msg) tea.Cmd
	// Delimiters are those of exported text.
	Delimiters awsops.Values
	// Tidy gives back the memory that a long listing has needed for a while; it
	// may be nil.
	Tidy func()
	// Refresh is the time between two listings of a table; 0 turns them off.
	Refresh time.Duration
}

// Book is the named connections of a configuration, which the screen can
// change. Everything but Form reads or writes a file.
type Book struct {
	// Form declares what a connection says.
	Form func() awsops.Operation
	List func() ([]awsops.Values, error)
	// Write writes a connection, whose name was another perhaps; nil takes the
	// one of that name away.
	Write func(was string, v awsops.Values) error
	// Way is how what a connection says would reach a profile.
	Way func(awsops.Values) (profile string, way awsops.Connection, err error)
	// Use makes the session reach a profile as a connection says, and in its
	// regions, and tells which profile that is.
	Use func(name string) (profile string, err error)
	// Begin makes scopes those that the program opens when nothing is said.
	Begin func([]awsops.Scope) error
}

// Keeper is a place for a secret, made sure of before there is one.
type Keeper interface {
	// Keep writes it, durably, or nothing at all.
	Keep(awsops.Secret) error
	Discard()
}

// Failure is what keeps a scope from being read: with its reason in a word, and
// in a sentence.
type Failure struct{ Brief, Whole string }

// Failing is a view that several scopes are read for.
type Failing interface {
	Failures() []Failure
	// Waiting names the scopes of which nothing has come yet.
	Waiting() []string
}

// Told is failures in a line: one with all its words, of several each by its name.
func Told(failures []Failure, waiting []string) string {
	var out []string
	for _, f := range failures {
		if len(failures) == 1 {
			out = append(out, f.Whole)
			continue
		}
		out = append(out, f.Brief)
	}
	if len(waiting) > 0 {
		out = append(out, "waiting for "+strings.Join(waiting, ", "))
	}
	return strings.Join(out, " · ")
}

// View is something on the stack. It is changed by Update and Resize only;
// Init, which may come again after Close, starts its work.
type View interface {
	Init() tea.Cmd
	// Update takes any message; those of other views are none of its business.
	Update(tea.Msg) (Intent, tea.Cmd)
	// View is exactly as large as the last Resize said.
	View() string
	Resize(width, height int)
	// Close stops listings and timers. What has been shown is kept.
	Close()
	// Status is one line about the data: their age, what is going on, errors.
	Status() Status
	// Help lists the keys that work here, the most useful first.
	Help() []key.Binding
	// Typing says that runes belong to a text input.
	Typing() bool
}

// Lined is a view that keeps its lines, which saves to join and to split them.
type Lined interface {
	// Lines is what View is made of. It holds until the next Update.
	Lines() []string
}

// Status is a line about a view's data.
type Status struct {
	Text string
	Tone theme.Tone
}

// Intent is what a view asks of the screen. It is acted on in the same Update.
type Intent interface{ intent() }

// Run asks to carry out an operation on targets, as they were when the key was
// pressed.
type Run struct {
	Operation string
	Targets   []Target
	Values    awsops.Values
	// Form asks for the form first, so that every input can be given.
	Form bool
	// OneByOne makes a call for each target.
	OneByOne bool
	// Scope is where an operation without targets goes; empty is every scope.
	Scope awsops.Scope
	// Save is the file for the secret of the result, or OnScreen.
	Save string
	// DryRun only asks whether it would be allowed.
	DryRun bool
	// Skipped tells which selected rows cannot take the operation, and why.
	Skipped []string
}

// Target is one row that an operation is about.
type Target struct {
	Scope         awsops.Scope
	Account       string
	ID, Name, Now string // Now is the state that the operator saw
}

// Open asks for another table, filtered.
type Open struct{ Kind, Query string }

// Show asks for a text on the stack.
type Show struct{ Title, Text string }

// Offer asks for a list of texts to copy on the stack.
type Offer struct {
	Title string
	Lines []Line
}

// Execute asks to run a program in the terminal, in the place of the screen.
type Execute struct{ Argv []string }

// Back asks to leave the view.
type Back struct{}

// Say asks to tell something.
type Say struct {
	Text string
	Tone theme.Tone
}

// Moved says that the cursor moved and that nothing but rows has changed.
type Moved struct{}

// Copy asks to put a text on the clipboard.
type Copy struct{ Text, What string }

func (Run) intent()     {}
func (Open) intent()    {}
func (Show) intent()    {}
func (Offer) intent()   {}
func (Back) intent()    {}
func (Execute) intent() {}
func (Say) intent()     {}
func (Copy) intent()    {}
func (Moved) intent()   {}

// Selector is a view that has rows selected for an operation.
type Selector interface {
	// Selection is the marked rows, or the one under the cursor, and what kind
	// of thing they are.
	Selection() (noun string, targets []Target)
}

// Messages that the screen sends to every view.
type (
	// Scoped says that the session has new scopes or accounts.
	Scoped struct{}
	// Began says that EC2 is being asked for a change of these targets.
	Began struct {
		Noun   string
		Expect *awsops.Expect
		Scope  awsops.Scope
		IDs    []string
	}
	// Ended says what became of the request: for some targets, or for all, it failed.
	Ended struct {
		Noun   string
		Scope  awsops.Scope
		IDs    []string // accepted by EC2
		Failed []string
		// Watched says that the targets go on changing and are looked at.
		Watched bool
	}
)
