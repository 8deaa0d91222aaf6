package main

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"ec2deck/awsops"
	"ec2deck/cmd/ec2deck/config"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// invocation is one operation as the command line asks for it.
type invocation struct {
	op     awsops.Operation
	fields map[string]*values
	// The flags that every operation has.
	output, delimiter, row, col values
	wait, noWait, dryRun        values
	yes, confirm                values
	oneByOne, failEmpty, save   values
	preset                      values
}

// runCommand has one subcommand for each operation.
func (p *program) runCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "run OPERATION",
		Short: "Carry out one operation and print its result",
		Long: "run carries out one operation. Reads run in every scope (profiles times regions) and merge; a change needs exactly one.\n" +
			"Exit codes: 0 done, 1 refused by AWS or partly failed, 2 bad input, 3 empty with --fail-empty, 4 credentials, 5 network, 6 timeout, 7 refused by policy or not confirmed, 8 outcome unknown.",
		Example: "  ec2deck run describe-instances --region all --output json\n  ec2deck run terminate-instances --instance-ids i-0aa00000000000001 --confirm i-0aa00000000000001",
		RunE:    func(_ *cobra.Command, args []string) error { return unknownOperation(args) },
	}
	c.FParseErrWhitelist.UnknownFlags = true // those of an operation that does not exist
	if p.bare {                              // the commands of all operations take a third of the time of a start
		return c
	}
	for _, op := range awsops.All() {
		c.AddCommand(p.operationCommand(op))
	}
	return c
}

func (p *program) operationCommand(op awsops.Operation) *cobra.Command {
	info := op.Info()
	in := &invocation{op: op, fields: map[string]*values{}}
	c := &cobra.Command{
		Use: info.Name, Short: info.Help, Long: longHelp(info), Example: "  " + exampleLine(info),
		Args: func(c *cobra.Command, args []string) error { return noPositional(info, c.Flags(), args) },
		RunE: func(c *cobra.Command, _ []string) error { return p.perform(c.Context(), in) },
	}
	for _, f := range info.Fields {
		v := new(values)
		in.fields[f.Name] = v
		kind := string(f.Kind)
		if f.Kind == awsops.KindBool {
			kind = ""
		}
		add(c.Flags(), v, f.Name, kind, literal(f.Default), fieldHelp(f))
		if len(f.Choices) > 0 {
			_ = c.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(f.Choices, cobra.ShellCompDirectiveNoFileComp))
		}
	}
	in.addCommon(c.Flags(), info)
	if info.Launches() {
		_ = c.RegisterFlagCompletionFunc("preset", completed(p.presetNames))
	}
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(awsops.Formats(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

// literal is a default that is a value; phrases such as "selected row" speak
// of the screen.
func literal(s string) string {
	if strings.ContainsAny(s, " ") || s == "selection" || s == "none" || s == "all" {
		return ""
	}
	return s
}

func (in *invocation) addCommon(set *pflag.FlagSet, info awsops.Info) {
	add(set, &in.output, "output", "format", "", "one of "+strings.Join(awsops.Formats(), ", ")+" (default table; text when a delimiter is given)")
	for _, d := range []struct {
		name string
		v    *values
	}{{"delimiter", &in.delimiter}, {"row-delimiter", &in.row}, {"col-delimiter", &in.col}} {
		if _, declared := info.Field(d.name); !declared {
			add(set, d.v, d.name, "text", "", "of --output text")
		}
	}
	add(set, &in.wait, "wait", "", fmt.Sprint(info.Workflow != ""), "wait until the targets have arrived in their final state")
	add(set, &in.noWait, "no-wait", "", "true", "return after EC2's answer")
	add(set, &in.dryRun, "dry-run", "", "false", "ask EC2 whether the call would be allowed, without making it")
	add(set, &in.yes, "yes", "", "false", "confirm a change; twice for one that can lose data or open something")
	add(set, &in.confirm, "confirm", "phrase", "", "confirm any change: the ID of its target, or the verb and the count")
	add(set, &in.failEmpty, "fail-empty", "", "false", "exit with 3 when nothing was found")
	if info.Secret != "" {
		add(set, &in.save, "save", "file", "", "where the "+info.Secret+" goes (required): a new file, mode 0600, or - for standard output, once")
	}
	if info.Launches() {
		add(set, &in.preset, "preset", "name", "", "what the configuration has under that name, where nothing else is given")
	}
	if info.Risk > awsops.Reads {
		add(set, &in.oneByOne, "one-by-one", "", "false", "one call for each target, so that one that is refused does not hold up the others")
	}
}

func longHelp(info awsops.Info) string {
	s := info.Help + "."
	if info.Warning != "" {
		s += " " + info.Warning
	}
	s += "\nEC2 action: " + info.Action() + ". Risk: " + info.Risk.String() + "."
	return s + "\nOutputs: " + strings.Join(info.Outputs, ", ") + "."
}

func fieldHelp(f awsops.FieldInfo) string {
	s := f.Help
	if f.Need != awsops.Optional {
		s += " (" + map[awsops.Need]string{awsops.Required: "required", awsops.Conditional: "in some cases"}[f.Need] + ")"
	}
	if f.Rule != "" {
		s += "; " + f.Rule
	}
	if len(f.Choices) > 0 {
		s += "; one of " + strings.Join(f.Choices, ", ")
	}
	return s
}

// exampleLine writes the operation's example as a command.
func exampleLine(info awsops.Info) string {
	parts := []string{"ec2deck run", info.Name}
	for _, f := range info.Fields {
		for _, v := range info.Example[f.Name] {
			switch {
			case f.Kind != awsops.KindBool:
				parts = append(parts, "--"+f.Name, awsops.ShellQuote(v))
			case v == "true":
				parts = append(parts, "--"+f.Name)
			default: // what stands behind a switch is no value of it
				parts = append(parts, "--"+f.Name+"="+v)
			}
		}
	}
	if info.Secret != "" {
		parts = append(parts, "--save", "FILE")
	}
	return strings.Join(parts, " ")
}

func noPositional(info awsops.Info, flags *pflag.FlagSet, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if _, err := (values{args[0]}).truth(""); err == nil {
		on := ""
		flags.Visit(func(f *pflag.Flag) {
			if _, own := info.Field(f.Name); f.NoOptDefVal != "" && (on == "" || own) {
				on = f.Name
			}
		})
		if on != "" {
			return usagef("%s takes no argument %q: write --%s=%s", info.Name, args[0], on, args[0])
		}
	}
	for _, f := range info.Fields {
		if f.Target || f.Need == awsops.Required || strings.HasSuffix(f.Name, "-ids") || strings.HasSuffix(f.Name, "-names") {
			return usagef("%s takes no argument %q: write --%s %s", info.Name, args[0], f.Name, awsops.ShellQuote(args[0]))
		}
	}
	return usagef("%s takes no argument %q; `ec2deck run %s --help` lists the flags", info.Name, args[0], info.Name)
}

// unknownOperation names what was perhaps meant.
func unknownOperation(args []string) error {
	if len(args) == 0 {
		return usagef("name an operation: `ec2deck run OPERATION`; `ec2deck operations` lists them")
	}
	type near struct {
		name     string
		distance int
	}
	var found []near
	for _, op := range awsops.All() {
		name := op.Info().Name
		d := distance(args[0], name)
		if strings.Contains(name, args[0]) || strings.Contains(args[0], name) {
			d = min(d, 1)
		}
		if d <= max(2, len(args[0])/3) {
			found = append(found, near{name, d})
		}
	}
	sort.SliceStable(found, func(a, b int) bool { return found[a].distance < found[b].distance })
	if len(found) == 0 {
		return usagef("there is no operation %q; `ec2deck operations` lists them", args[0])
	}
	var names []string
	for _, n := range found[:min(3, len(found))] {
		names = append(names, n.name)
	}
	return usagef("there is no operation %q; did you mean %s?", args[0], strings.Join(names, ", "))
}

// distance is the number of letters to change, add or take away (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

// choices are the flags of an invocation, understood.
type choices struct {
	values                           awsops.Values
	print                            awsops.Print
	wait, dryRun, oneByOne, failNone bool
	shaped                           bool // --output was given
	yes                              int
	confirm, save                    string
	delivery                         awsops.Delivery // of an operation with a report
}

// read checks everything that can be checked without a connection. A preset
// counts where a flag is not given.
func (in *invocation) read(f *config.File, begin awsops.Preset) (c choices, err error) {
	info, written := in.op.Info(), in.given()
	if err := in.configure(f); err != nil {
		return c, err
	}
	c.values = begin.Over(in.given())
	format, err := in.format()
	if err != nil {
		return c, err
	}
	shape, err := in.delimiters(c.values)
	if err != nil {
		return c, err
	}
	if format == "text" {
		if shape, err = configured(shape, info, f.Export); err != nil {
			return c, err
		}
	}
	if err := in.op.Validate(c.values); err != nil {
		return c, in.blame(err, f)
	}
	if err := awsops.CheckDelimiters(info, shape); err != nil {
		return c, err
	}
	if info.Report {
		if err := awsops.CheckDelivery(written); err != nil {
			return c, err
		}
		if c.delivery, err = awsops.DeliveryOf(c.values); err != nil {
			return c, err
		}
	}
	c.print, c.shaped = awsops.NewPrint(format, info, shape), format != ""
	return c, in.switches(&c)
}

// given are the inputs that have values.
func (in *invocation) given() awsops.Values {
	out := awsops.Values{}
	for name, v := range in.fields {
		if len(*v) > 0 {
			out[name] = *v
		}
	}
	return out
}

// configure gives the inputs of a report that were not written the values of the
// configuration.
func (in *invocation) configure(f *config.File) error {
	if !in.op.Info().Report {
		return nil
	}
	for _, s := range f.Mail {
		v := in.fields[mailInput(s)]
		if v == nil || s.Name == "notify-method" {
			return unknownMail(s)
		}
		if len(*v) == 0 {
			*v = values{strings.Join(s.Values, ",")}
		}
	}
	return nil
}

// blame tells an error about an input with the line of the configuration, if
// the value stands there.
func (in *invocation) blame(err error, f *config.File) error {
	wrong, ok := as[*awsops.InputError](err)
	for _, s := range f.Mail {
		if ok && mailInput(s) == wrong.Field && in.op.Info().Report && wrong.Value == strings.Join(s.Values, ",") {
			return usagef("%s: %q: %s", s.Where, wrong.Value, wrong.Rule)
		}
	}
	return err
}

// configured adds the delimiters of the configuration to those of the command line.
func configured(v awsops.Values, info awsops.Info, export []config.Setting) (awsops.Values, error) {
	all, err := apart(export)
	if err != nil {
		return nil, err
	}
	for name, d := range all {
		if f, _ := info.Field(name); v.Get(name) == "" && !f.Splits {
			v = v.With(name, d...)
		}
	}
	return v, nil
}

func (in *invocation) format() (string, error) {
	format, err := in.output.one("output")
	if err != nil || format == "" || slices.Contains(awsops.Formats(), format) {
		return format, err
	}
	return "", bad("output", format, "choose one of "+strings.Join(awsops.Formats(), ", "))
}

// delimiters adds those that the operation does not declare itself: they shape
// its output all the same.
func (in *invocation) delimiters(v awsops.Values) (awsops.Values, error) {
	for name, given := range map[string]values{"delimiter": in.delimiter, "row-delimiter": in.row, "col-delimiter": in.col} {
		if len(given) == 0 {
			continue
		}
		if len(given) > 1 {
			return nil, bad(name, fmt.Sprintf("%q", []string(given)), "takes one value")
		}
		if given[0] == "" {
			return nil, bad(name, "", "must not be empty")
		}
		v = v.With(name, given...)
	}
	return v, nil
}

func (in *invocation) switches(c *choices) (err error) {
	if c.wait, err = in.wait.truth("wait"); err != nil {
		return err
	}
	noWait, err := in.noWait.truth("no-wait")
	if err != nil {
		return err
	}
	if c.wait && noWait {
		return bad("no-wait", "", "cannot be used together with --wait")
	}
	c.wait = c.wait || in.op.Info().Workflow != "" && !noWait
	if c.save, err = in.save.one("save"); err != nil {
		return err
	}
	if c.dryRun, err = in.dryRun.truth("dry-run"); err != nil {
		return err
	}
	if c.oneByOne, err = in.oneByOne.truth("one-by-one"); err != nil {
		return err
	}
	if c.failNone, err = in.failEmpty.truth("fail-empty"); err != nil {
		return err
	}
	for _, s := range in.yes {
		said, err := values{s}.truth("yes")
		if err != nil {
			return err
		}
		if said {
			c.yes++
		}
	}
	c.confirm, err = in.confirm.one("confirm")
	return err
}
