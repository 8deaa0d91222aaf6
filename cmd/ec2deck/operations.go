package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"ec2deck/awsops"

	"github.com/spf13/cobra"
)

// listed is an operation as the operations list prints it.
type listed struct {
	Name    string        `json:"name"`
	Help    string        `json:"help"`
	Risk    string        `json:"risk"`
	Inputs  []listedInput `json:"inputs"`
	Outputs []string      `json:"outputs"`
}

type listedInput struct {
	Name    string `json:"name"`
	Need    string `json:"need"`
	Type    string `json:"type"`
	Default string `json:"default"`
	Help    string `json:"help"`
}

func (p *program) operationsCommand() *cobra.Command {
	var output values
	c := &cobra.Command{
		Use: "operations", Short: "List the operations with their inputs and outputs", Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			format, err := output.one("output")
			if err != nil {
				return err
			}
			switch format {
			case "", "table":
				return p.operationsTable()
			case "json":
				return p.operationsJSON()
			}
			return bad("output", format, "choose one of table, json")
		},
	}
	add(c.Flags(), &output, "output", "format", "table", "one of table, json")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"table", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (p *program) operationsJSON() error {
	list := []listed{}
	for _, op := range awsops.All() {
		info := op.Info()
		entry := listed{Name: info.Name, Help: info.Help, Risk: info.Risk.String(), Inputs: []listedInput{}, Outputs: info.Outputs}
		for _, f := range info.Fields {
			entry.Inputs = append(entry.Inputs, listedInput{Name: f.Name, Need: string(f.Need), Type: string(f.Kind), Default: f.Default, Help: fieldHelp(f)})
		}
		list = append(list, entry)
	}
	out := json.NewEncoder(p.out)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(list)
}

func (p *program) operationsTable() error {
	width := 0
	for _, op := range awsops.All() {
		width = max(width, len(op.Info().Name))
	}
	var b strings.Builder
	for _, op := range awsops.All() {
		info := op.Info()
		var inputs []string
		for _, f := range info.Fields {
			name := "--" + f.Name
			if f.Need == awsops.Required {
				name += "*"
			}
			inputs = append(inputs, name)
		}
		fmt.Fprintf(&b, "%-*s  %-8s %s\n%*s  %s\n", width, info.Name, info.Risk, info.Help, width, "", strings.Join(inputs, " "))
	}
	_, err := fmt.Fprint(p.out, b.String()+"* required\n")
	return err
}
