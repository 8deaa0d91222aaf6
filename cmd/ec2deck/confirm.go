package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"ec2deck/awsops"
)

// unconfirmed names everything that the change would touch and what to add.
func unconfirmed(ctx context.Context, s *awsops.Session, r awsops.Request, c choices, need awsops.Confirmation) error {
	info, ids := r.Operation.Info(), r.Targets()
	var b strings.Builder
	fmt.Fprintf(&b, "%s has not been confirmed. Nothing was changed.\n", info.Name)
	account, _ := s.Identify(ctx, r.Scope) // an account that cannot be found out is left out
	fmt.Fprintf(&b, "EC2 action %s, account %s, profile %s, region %s", info.Action(), cmp.Or(account, "unknown"), r.Scope.Profile, r.Scope.Region)
	if len(ids) > 0 {
		fmt.Fprintf(&b, ", %d to %s", len(ids), info.Verb())
	}
	b.WriteString(":\n")
	client, err := s.Client(r.Scope)
	if err != nil {
		return err
	}
	for _, line := range targets(ctx, s, r) {
		fmt.Fprintln(&b, "  "+line)
	}
	if len(ids) == 0 { // what is asked for has no ID yet, or is named by its inputs
		for _, f := range info.Fields {
			if v := f.Shown(r.Values); len(v) > 0 {
				fmt.Fprintln(&b, "  "+f.Name+" "+awsops.Clean(strings.Join(v, ", ")))
			}
		}
	}
	lines, _ := r.Ahead(ctx, client) // what cannot be read is not foreseen
	for _, line := range lines {
		fmt.Fprintln(&b, awsops.Clean(line))
	}
	for _, line := range info.Warnings(r.Values) {
		fmt.Fprintln(&b, line)
	}
	if c.confirm != "" {
		fmt.Fprintf(&b, "--confirm %q does not fit. ", c.confirm)
	}
	b.WriteString(whatToAdd(r, need))
	return &awsops.Error{Operation: info.Name, Class: awsops.Forbidden, Code: "NotConfirmed", Message: b.String()}
}

// targets is one line for each target: its ID, its name and its state, as far
// as they can be found out.
func targets(ctx context.Context, s *awsops.Session, r awsops.Request) []string {
	info, ids := r.Operation.Info(), r.Targets()
	names := namesOf(ctx, s, r.Scope, info.Noun, ids)
	var states map[string]string
	if client, err := s.Client(r.Scope); err == nil && info.Expect != nil && info.Expect.States != nil && !info.Makes() && len(ids) > 0 {
		states, _ = info.Expect.States(ctx, client, ids) // a state that cannot be read is left out
	}
	lines := make([]string, len(ids))
	for i, id := range ids {
		lines[i] = strings.TrimSpace(info.Noun + " " + id + " " + awsops.Clean(names[id]))
		if state, known := states[id]; known {
			lines[i] += " (" + cmp.Or(state, "state unknown") + ")"
		} else if states != nil {
			lines[i] += " (not found here)"
		}
	}
	return lines
}

// namesOf asks the listing of a noun for the names of its things: of an
// instance, describe-instances with its input instance-ids.
func namesOf(ctx context.Context, s *awsops.Session, scope awsops.Scope, noun string, ids []string) map[string]string {
	op, ok := awsops.Find("describe-" + noun + "s")
	if !ok {
		return nil
	}
	res, err := s.Run(ctx, awsops.Request{Operation: op, Scope: scope, Values: awsops.Values{noun + "-ids": ids}})
	if err != nil || res.Table == nil {
		return nil
	}
	column := func(name string) int {
		return slices.IndexFunc(res.Table.Columns, func(c awsops.TableColumn) bool { return c.Name == name })
	}
	id, name := column(noun+"-id"), column("name")
	names := map[string]string{}
	for _, row := range res.Table.Rows {
		if id >= 0 && name >= 0 && row[name] != nil {
			names[awsops.CellText(row[id], ",", "")] = awsops.CellText(row[name], ",", "")
		}
	}
	return names
}

// whatToAdd names the flag that confirms a request.
func whatToAdd(r awsops.Request, need awsops.Confirmation) string {
	switch need {
	case awsops.SaidYes:
		return "Add --yes."
	case awsops.SaidTwice:
		return fmt.Sprintf("Add --yes --yes, or --confirm %s.", awsops.ShellQuote(r.Phrase()))
	}
	return fmt.Sprintf("Add --confirm %s.", awsops.ShellQuote(r.Phrase()))
}
