package awsops

import "strings"

// Preset is inputs of a launch that have a name.
type Preset struct {
	Name   string
	Values Values
}

// Launches says whether an operation launches instances from an image or a
// template, and so can begin with a preset.
func (i Info) Launches() bool {
	_, images := i.Field("image-id")
	return images && i.Makes() && i.Target() == ""
}

// Presets are those that the session knows.
func (s *Session) Presets() []Preset { return s.settings.Presets }

// Preset finds one by its name.
func (s Settings) Preset(name string) (Preset, error) {
	var names []string
	for _, p := range s.Presets {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	if len(names) == 0 {
		names = []string{"none"}
	}
	return Preset{}, &InputError{Field: "preset", Value: name, Rule: "the configuration has " + strings.Join(names, ", ")}
}

// Over are the preset's values where others are not given.
func (p Preset) Over(v Values) Values {
	out := Values{}
	for name, values := range p.Values {
		out[name] = values
	}
	for name, values := range v {
		out[name] = values
	}
	return out
}
