package main

import (
	"errors"
	"path/filepath"
	"strings"

	"ec2deck/awsops"
)

// presets are those of the configuration, with the files that they name. A
// file is found from the folder of the configuration.
func (p *program) presets() ([]awsops.Preset, error) {
	if len(p.file.Presets) == 0 {
		return nil, nil
	}
	op, _ := awsops.Find("run-instances")
	field, _ := op.Info().Field("user-data")
	var out []awsops.Preset
	var all []error
	for _, preset := range p.file.Presets {
		if file := preset.UserData; len(file.Values) > 0 {
			path := p.atHome(strings.Join(file.Values, " "))
			if !filepath.IsAbs(path) {
				path = filepath.Join(filepath.Dir(p.path), path)
			}
			content, err := p.readFile(path)
			if err == nil {
				err = field.Check([]string{string(content)})
			}
			if wrong, ok := as[*awsops.InputError](err); ok {
				all = append(all, usagef("%s: %s: %s", file.Where, path, wrong.Rule))
			} else if err != nil {
				all = append(all, usagef("%s: %s %v", file.Where, path, err))
			}
			preset.Values["user-data"] = []string{string(content)}
		}
		out = append(out, preset.Preset)
	}
	return out, errors.Join(all...)
}

// preset is the one that a command names, or an empty one.
func (p *program) preset(in *invocation) (awsops.Preset, error) {
	name, err := in.preset.one("preset")
	if err != nil || name == "" {
		return awsops.Preset{}, err
	}
	o, err := p.options()
	if err != nil {
		return awsops.Preset{}, err
	}
	return o.settings.Preset(name)
}
