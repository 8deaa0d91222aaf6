package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is one Go file of the module.
type source struct {
	path  string // from the root of the module
	file  *ast.File
	set   *token.FileSet
	lines int
}

func (s source) dir() string { return path.Dir(s.path) }
func (s source) test() bool  { return strings.HasSuffix(s.path, "_test.go") }
func (s source) at(n ast.Node) string {
	return s.path + ":" + strconv.Itoa(s.set.Position(n.Pos()).Line)
}

// sources parses every Go file of the module.
func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	set := token.NewFileSet()
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".go" {
			return err
		}
		rel, err := filepath.Rel("..", name)
		if err != nil || strings.HasPrefix(rel, ".") {
			return err
		}
		f, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, source{filepath.ToSlash(rel), f, set, set.File(f.Pos()).LineCount()})
		return nil
	})
	if err != nil || len(out) < 50 {
		t.Fatalf("%d files: %v", len(out), err)
	}
	return out
}

// shipped are the files that are no tests.
func shipped(t *testing.T) []source {
	return slices.DeleteFunc(sources(t), source.test)
}

// arrow is what a folder may import of the module and of the larger libraries.
type arrow struct {
	own     []string // packages of the module
	outside []string // beginnings of paths, of those that are guarded
}

const sdk = "github.com/aws/"

func arrows() map[string]arrow {
	charm := []string{"github.com/charmbracelet/"}
	return map[string]arrow{
		"cmd/ec2deck":        {[]string{"awsops", "awsops/ec2sim", "awsops/journal", "cmd/ec2deck/config", "keymap", "theme", "ui", "ui/serve", "views"}, []string{sdk, "github.com/charmbracelet/bubbletea", "github.com/charmbracelet/lipgloss", "github.com/charmbracelet/x/", "github.com/charmbracelet/ssh"}},
		"cmd/ec2deck/config": {[]string{"awsops"}, nil},
		"ui":                 {[]string{"awsops", "keymap", "theme", "views"}, charm},
		"ui/serve":           {[]string{"awsops", "keymap", "theme", "ui", "views"}, charm},
		"views":              {[]string{"awsops", "keymap", "theme"}, append([]string{sdk + "aws-sdk-go-v2/aws", sdk + "aws-sdk-go-v2/service/ec2"}, charm...)},
		"awsops":             {[]string{"awsops/cache", "awsops/journal"}, []string{sdk, "github.com/charmbracelet/x/ansi"}},
		"awsops/journal":     {nil, nil},
		"awsops/cache":       {nil, nil},
		"awsops/ec2sim":      {nil, nil},
		"keymap":             {nil, []string{"github.com/charmbracelet/bubbles/"}},
		"theme":              {nil, []string{"github.com/charmbracelet/lipgloss"}},
	}
}

func TestImportsFollowTheArrows(t *testing.T) {
	unraced(t)
	for _, s := range shipped(t) {
		allowed, known := arrows()[s.dir()]
		if !known {
			t.Errorf("%s: the folder has no place in the design", s.path)
			continue
		}
		for _, im := range s.file.Imports {
			name, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			own, inside := strings.CutPrefix(name, "ec2deck/")
			guarded := strings.HasPrefix(name, sdk) || strings.HasPrefix(name, "github.com/charmbracelet/")
			begins := slices.ContainsFunc(allowed.outside, func(p string) bool { return strings.HasPrefix(name, p) })
			switch {
			case inside && !slices.Contains(allowed.own, own), guarded && !begins:
				t.Errorf("%s may not import %s", s.at(im), name)
			case strings.Contains(name, "charmbracelet/wish") && s.dir() != "ui/serve":
				t.Errorf("%s: only ui/serve imports wish", s.at(im))
			case name == "text/template" || name == "html/template":
				t.Errorf("%s: executing a template makes the linker keep all of EC2", s.at(im))
			}
		}
	}
}

func TestFoldersAreThoseOfTheDesign(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); e.IsDir() && name[0] != '.' && !slices.Contains([]string{"cmd", "ui", "views", "awsops", "keymap", "theme", "testdata"}, name) {
			t.Errorf("%s is no folder of the design", name)
		}
	}
	for _, s := range sources(t) {
		if n := s.file.Name.Name; slices.Contains([]string{"util", "utils", "common", "types", "helpers"}, n) {
			t.Errorf("%s: a package called %s says nothing", s.path, n)
		}
	}
}

func TestSizes(t *testing.T) {
	for _, s := range sources(t) {
		most := 80
		if strings.HasSuffix(s.path, "_test.go") {
			most = 120 // tables of cases
		}
		if s.lines > 500 {
			t.Errorf("%s has %d lines; at most 500", s.path, s.lines)
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				if n := s.set.Position(f.End()).Line - s.set.Position(f.Pos()).Line + 1; n > most {
					t.Errorf("%s: %s has %d lines; at most %d", s.at(f), f.Name.Name, n, most)
				}
			}
		}
	}
}

func TestNoPackageHasState(t *testing.T) {
	for _, s := range shipped(t) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" && s.path != "theme/theme.go" {
				t.Errorf("%s: init()", s.at(f))
			}
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR || embeds(g.Doc) {
				continue
			}
			for _, spec := range g.Specs {
				if v := spec.(*ast.ValueSpec); !constant(v) && !embeds(v.Doc) {
					t.Errorf("%s: the package has a variable %s", s.at(v), v.Names[0])
				}
			}
		}
	}
}

func embeds(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

// constant says that a variable is never set again by its nature: an
// interface check, a regular expression, an error to compare with.
func constant(v *ast.ValueSpec) bool {
	if v.Names[0].Name == "_" {
		return true
	}
	for _, value := range v.Values {
		call, ok := value.(*ast.CallExpr)
		if !ok || !slices.Contains([]string{"regexp.MustCompile", "errors.New", "fmt.Errorf"}, called(call.Fun)) {
			return false
		}
	}
	return len(v.Values) > 0
}

// called is the name of a function as it is written: time.Now.
func called(e ast.Expr) string {
	if sel, ok := e.(*ast.SelectorExpr); ok {
		if x, ok := sel.X.(*ast.Ident); ok {
			return x.Name + "." + sel.Sel.Name
		}
	}
	return ""
}

// TestCallsStandWhereTheyBelong lists functions and the only folders, or
// files, that may name them.
func TestCallsStandWhereTheyBelong(t *testing.T) {
	only := map[string][]string{
		"time.Now": {"cmd/ec2deck", "awsops/ec2sim", "ui/serve", "ui/terminal.go"}, "time.Since": {"cmd/ec2deck", "ui/serve"}, "time.Sleep": nil,
		"context.WithValue": {"awsops/shared.go"}, // how old an answer may be is a fact about a request
		"lipgloss.NewStyle": nil, "lipgloss.Color": {"theme"}, "lipgloss.AdaptiveColor": {"theme"}, "lipgloss.DefaultRenderer": nil,
		"os.Getenv": {"cmd/ec2deck"}, "os.LookupEnv": {"cmd/ec2deck"}, "os.Environ": {"cmd/ec2deck"}, "os.Exit": {"cmd/ec2deck"},
		"tea.ExecProcess":        {"cmd/ec2deck"}, // on the operator's own terminal
		"tea.WithoutCatchPanics": nil, "help.New": nil,
		"os.Stdout": {"cmd/ec2deck"}, "os.Stderr": {"cmd/ec2deck"}, "os.Stdin": {"cmd/ec2deck"},
	}
	for _, s := range shipped(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok {
				if where, guarded := only[called(e)]; guarded && !slices.Contains(where, s.dir()) && !slices.Contains(where, s.path) {
					t.Errorf("%s: %s", s.at(n), called(e))
				}
			}
			return true
		})
	}
}

// noun is what EC2 calls its things. The screen knows none of them.
var noun = regexp.MustCompile(`(?i)(instance|volume|snapshot|elastic|keypair|key pair|security ?group|bundle|\bami\b|\bvpc)`)

func TestTheScreenKnowsNoResource(t *testing.T) {
	for _, s := range shipped(t) {
		if s.dir() != "ui" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if noun.MatchString(n.Name) {
					t.Errorf("%s: %s", s.at(n), n.Name)
				}
			case *ast.BasicLit:
				if n.Kind == token.STRING && noun.MatchString(n.Value) {
					t.Errorf("%s: %s", s.at(n), n.Value)
				}
			}
			return true
		})
	}
}

// unfit matches what does not belong into what is shipped: reminders, and
// paths of the machine that it was written on.
var unfit = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b|(^|[\s"'=(:])/(wo` + `rk|ro` + `ot|ho` + `me/[a-z]+)(/|\b)`)

func TestNothingUnfitIsShipped(t *testing.T) {
	unraced(t)
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); n == ".git" || n == "bin" || n == "fuzz" {
				return filepath.SkipDir
			}
			return nil
		}
		if !slices.Contains([]string{".go", ".md", ".txt", ".txtar", ".json", ".mod", ".yml", ".yaml", ""}, filepath.Ext(name)) {
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil || len(data) > 1<<20 {
			return err
		}
		n := 0
		for line := range strings.Lines(string(data)) {
			n++
			if found := unfit.FindString(line); found != "" {
				t.Errorf("%s:%d: %s", name, n, strings.TrimSpace(found))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
