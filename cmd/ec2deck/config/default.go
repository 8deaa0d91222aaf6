package config

import _ "embed"

//go:embed default.yaml
var commented string

// Default is a file that says nothing yet, with everything that it could say
// in comments.
func Default() string { return commented }
