package config

import (
	"strings"

	"ec2deck/awsops"
)

// Known is something that the file can say.
type Known struct{ Name, Values, About string }

// All lists everything that the file can say, for its documentation. NAME
// stands for a name of the operator's.
func All() []Known {
	return []Known{
		{"defaults.FLAG", "a value or several", "a flag of every command, where neither the command line nor the environment says otherwise"},
		{"theme", "auto, dark, light, high-contrast, 16", "the colours; `NO_COLOR` takes all away"},
		{"mouse", "on, off", "clicks and the wheel"},
		{"connections.NAME.profile", "a profile", "the profile of the AWS files; none is the default chain"},
		{"connections.NAME.regions", "regions, or all", "the regions that are opened; none is the profile's own"},
		{"connections.NAME.endpoint-url", "an address", "another address than EC2's own"},
		{"connections.NAME.proxy", "host:port", "the HTTP proxy"},
		{"connections.NAME.production", "true, false", "asks one step more before every change, shows the top line as a warning, and is read-only without `--write`"},
		{"connections.NAME.read-only", "true, false", "refuses every change, whatever `--write` says, or allows them in production without it"},
		{"connections.NAME.warning", "a text", "what the top line says while it is open"},
		{"connections.NAME.colour", strings.Join(awsops.Colours(), ", "), "the colour of its name in the top line and in tables; production looks as it does"},
		{"connections.NAME.key-name", "a key pair", "the key pair that launches begin with"},
		{"connections.NAME.security-groups", "security groups", "the security groups that launches begin with"},
		{"connections.NAME.confirm", "as `confirm`", "what is confirmed more firmly here"},
		{"confirm.RISK", "yes, twice, typed", "how firmly every operation of a risk (change, disrupt, destroy) is confirmed at least"},
		{"confirm.OPERATION", "yes, twice, typed", "how firmly an operation is confirmed at least; nothing is lowered"},
		{"presets.NAME.INPUT", "as the input", "an input of `run-instances` that launches and provisions begin with when the preset is chosen"},
		{"presets.NAME.user-data-file", "a file", "the file with the user data"},
		{"ssh.run", "true, false", "whether the screen runs ssh where it offers the command"},
		{"ssh.user", "a name", "who logs in; none is as the image has it"},
		{"ssh.key", "a file", "the private key, with `{key}` for the name of the key pair"},
		{"ssh.command", "words", "the program with what stands before the key and the host; `ssh`"},
		{"tables.TABLE.columns", "columns", "the columns that are shown, in their order"},
		{"tables.TABLE.sort", "a column", "the order; with `-` before it the other way round"},
		{"naming", "a format", "how instances are called in their table: text and tokens such as `{Name}`"},
		{"views[].name", "a name", "a table with a filter, as a tab and for `--view`"},
		{"views[].table", "a table", "its table"},
		{"views[].filter", "a filter", "its filter, as after `/`"},
		{"keys.BINDING", "a key or several", "the keys of a binding of the program, named below"},
		{"keys.TABLE.ACTION", "a key", "a key of a table's action, named as in the help line or by its operation"},
		{"export.delimiter", "a text", "between the members of a list in a cell, in exported text and in `run --output text`; `,`"},
		{"export.row-delimiter", "a text", "behind a row; `\\n`"},
		{"export.col-delimiter", "a text", "between two cells; `\\t`"},
		{"mail.host", "a name", "the server that takes reports, with `mail.port` and `mail.tls`: starttls, tls or none"},
		{"mail.from", "an address", "the sender of reports"},
		{"mail.to", "addresses", "who gets them"},
		{"mail.user", "a name", "who signs in to the server; the password is in the environment or in `mail.auth-file`, never here"},
		{"mail.auth-file", "a file", "of mode 0600: the password, or the user and then the password"},
		{"mail.sendmail", "a command", "takes the report on its standard input, in the place of a server"},
		{"serve.FLAG", "a value or several", "a flag of `ec2deck serve`"},
		{"roles.NAME.keys", "fingerprints", "the SSH keys that have the role"},
		{"roles.NAME.principals", "names", "the principals of certificates that have it"},
		{"roles.NAME.profiles", "profiles", "the profiles that it may use; none is all that are offered"},
		{"roles.NAME.regions", "regions, or all", "the regions; none is all that are offered"},
		{"roles.NAME.risk", "read, change, disrupt, destroy", "the highest risk that it may take"},
		{"roles.NAME.tags", "tags with values", "what it may see and change carries them"},
		{"roles.NAME.production", "true, false", "asks one step more before every change"},
	}
}
