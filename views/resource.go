package views

import (
	"cmp"
	"context"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/charmbracelet/bubbles/key"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// Resource is one table, declared as data.
type Resource[T any] struct {
	// Kind names the resource in links and commands: "instances".
	Kind string
	// Title heads the table; Noun is the singular that operations use.
	Title, Noun string
	// Tab is the title in the top line, where the whole one is too long.
	Tab string
	// Follows names the other nouns whose changes show in these rows.
	Follows []string
	// Empty is what the table says when it has no rows; "" is the general word.
	Empty string
	// Shared marks rows that are the same in every region of a profile.
	Shared bool
	// Lasts is how long a listing will do, where that is longer than usual.
	Lasts time.Duration

	// Pages lists the rows of a scope. A row may come again; the last one counts.
	Pages lister[T]
	// Beyond lists the rows that a filter asks for and that Pages leaves out.
	// What is asked for is the same for filters that ask for the same, and ""
	// where a filter asks for nothing; it may be nil.
	Beyond func(query string) (asked string, pages lister[T])
	// Hint stands in an empty filter: how one asks for more.
	Hint string
	// ByID reads single rows; those that no longer exist are left out. It may
	// be nil for rows that never change by themselves.
	ByID func(context.Context, *ec2.Client, []string) ([]T, error)

	ID   func(T) string
	Name func(T) string
	// Called is the name in a format that the operator chose; it may be nil.
	Called func(*awsops.Naming, T, awsops.Scope, string) string
	// State is the word that operations expect to change; it may be nil.
	State func(T) string
	// Pretend returns the row in a state that EC2 has just been asked for.
	Pretend func(T, string) T
	// Busy says that the row is in transition and is polled by its ID; it may be
	// nil for rows that never are.
	Busy func(T) bool
	// Same says that a row, as it is listed, tells nothing new; it may be nil.
	Same func(old, listed T) bool
	// Carry keeps what a listing tells only later; it may be nil.
	Carry func(old, listed T) T
	// Common is what a row shares with others that have the same: the values of
	// the columns that say so, the account and all tags but Name, if there is
	// one. It may be nil, and is for tables that get very long.
	Common func(T) (of any, named bool)
	// Tags and Account may be nil.
	Tags    func(T) []awsops.Tag
	Account func(T) string

	Columns []Column[T]
	// Sort is the title of the column that the table begins sorted by; "" is the
	// first one.
	Sort string
	// Inspect fetches what the detail pane shows.
	Inspect func(context.Context, *ec2.Client, T) (Detail, error)
	Actions []Action[T]
	Links   []Link[T]
}

// lister lists rows page by page.
type lister[T any] = func(context.Context, *ec2.Client) iter.Seq2[[]T, error]

// Column is a column of a table.
type Column[T any] struct {
	Title string
	// Width is the width in cells; a column with Grow takes what is left.
	Width int
	Grow  bool
	// Extra columns are off until they are chosen.
	Extra bool
	// Right aligns numbers.
	Right bool
	// Common says that rows that have the same in common have the same value.
	Common bool
	// List says that the cell is a list with commas.
	List bool
	// Value is the cell's text. It does not depend on the time: it is what
	// filters match and what tells whether a row has changed.
	Value func(T) string
	// Show is the text on the screen, if that differs from Value.
	Show func(T, time.Time) string
	// Number sorts the column by a number instead of its text; it may be nil.
	Number func(T) int64
	// Tone may be nil.
	Tone func(T) theme.Tone
	// ToneAt takes the place of Tone where it depends on the time.
	ToneAt func(T, time.Time) theme.Tone
}

// Action is a key that runs an operation on the selected rows. When several
// share a key, the first that the row can take is meant.
type Action[T any] struct {
	Key       string
	Operation string
	// Help is the verb in the help line.
	Help string
	// Values are inputs beside the targets; it may be nil.
	Values awsops.Values
	// Of is the ID that the operation is about, when that is not the row's own.
	Of func(T) string
	// Fill are inputs that the row gives; rows that give others are left out.
	Fill func(T) awsops.Values
	// Form asks for the inputs even when none is missing.
	Form bool
	// Whole marks an operation on the table instead of its rows.
	Whole bool
	// Deny says why a row cannot take the operation, or ""; nil allows all.
	Deny func(T) string
	// Offer makes texts to copy out of a row, instead of running an operation.
	Offer func(T, awsops.Scope) []Line
}

// Link leads from a row to another table, or narrows its own.
type Link[T any] struct {
	Key, Help, Kind string
	// Word is put into the filter of the table itself, or taken out; such a link
	// needs no row.
	Word string
	// Query is the filter of the other table.
	Query func(T) string
	// Deny says why a row leads nowhere, or ""; nil follows always.
	Deny func(T) string
}

// Detail is what the detail pane shows.
type Detail struct {
	Sections []Section
	// Object is the whole API object, shown as YAML.
	Object any
}

// Section is a titled group of fields.
type Section struct {
	Title  string
	Fields []DetailField
}

// DetailField is one line of a detail pane.
type DetailField struct {
	Name, Value string
	Tone        theme.Tone
}

// Spec is a Resource with its type forgotten.
type Spec interface {
	Info() SpecInfo
	// New makes a table of the resource. query is its first filter.
	New(env Env, query string) View
	table(env Env, query string) *Table[any]
}

// SpecInfo is what there is to know about a resource without its type.
type SpecInfo struct {
	Kind, Title, Tab, Noun string
	Follows                []string
	Columns                []string
	Actions, Links         []ActionInfo
}

// ActionInfo is an action's key, operation and help.
type ActionInfo struct{ Key, Operation, Help string }

// Info implements Spec.
func (r *Resource[T]) Info() SpecInfo {
	info := SpecInfo{Kind: r.Kind, Title: r.Title, Tab: cmp.Or(r.Tab, r.Title), Noun: r.Noun, Follows: r.Follows}
	for _, c := range r.Columns {
		info.Columns = append(info.Columns, c.Title)
	}
	for _, a := range r.Actions {
		info.Actions = append(info.Actions, ActionInfo{a.Key, a.Operation, a.Help})
	}
	for _, l := range r.Links {
		info.Links = append(info.Links, ActionInfo{Key: l.Key, Help: l.Help})
	}
	return info
}

// New implements Spec.
func (r *Resource[T]) New(env Env, query string) View { return r.table(env, query) }

func (r *Resource[T]) table(env Env, query string) *Table[any] {
	res, setup := r.erase(), env.Setups[r.Kind]
	res.Columns = setup.arrange(res.Columns)
	for i, a := range res.Actions {
		res.Actions[i].Key = env.Rebound.key(r.Kind, a.Help, a.Key)
	}
	for i, l := range res.Links {
		res.Links[i].Key = env.Rebound.key(r.Kind, l.Help, l.Key)
	}
	t := newTable(env, res, query)
	setup.Sort = cmp.Or(setup.Sort, r.Sort)
	t.rows.sortBy, t.rows.reverse = setup.order(t.rows.cells)
	return t
}

func binding(keys, help string) key.Binding {
	return key.NewBinding(key.WithKeys(keys), key.WithHelp(keys, help))
}
