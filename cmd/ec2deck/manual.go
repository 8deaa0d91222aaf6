package main

import (
	"fmt"
	"strings"

	"ec2deck/keymap"
	"ec2deck/views"

	mango "github.com/muesli/mango-cobra"
	"github.com/muesli/roff"
	"github.com/spf13/cobra"
)

func (p *program) manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man", Short: "Print the manual page", Args: noArguments,
		Example: "  ec2deck man | man -l -",
		RunE: func(c *cobra.Command, _ []string) error {
			page, err := mango.NewManPage(1, c.Root())
			if err != nil {
				return err
			}
			page = page.WithSection("Keys", manualKeys()).WithSection("Exit Status", manualExits).
				WithSection("Environment", manualEnvironment).WithSection("Files", manualFiles)
			_, err = fmt.Fprint(p.out, page.Build(roff.NewDocument()))
			return err
		},
	}
}

// manualKeys are the keys that are everywhere, and those of each table.
func manualKeys() string {
	var b strings.Builder
	for _, g := range keymap.Default().Groups() {
		var keys []string
		for _, k := range g.Bindings {
			keys = append(keys, k.Help().Key+" "+k.Help().Desc)
		}
		fmt.Fprintf(&b, "%s: %s.\n", g.Title, strings.Join(keys, ", "))
	}
	for _, s := range views.All() {
		info := s.Info()
		var keys []string
		for _, a := range append(info.Actions, info.Links...) {
			keys = append(keys, a.Key+" "+a.Help)
		}
		fmt.Fprintf(&b, "On %s: %s.\n", strings.ToLower(info.Title), strings.Join(keys, ", "))
	}
	return strings.ReplaceAll(b.String(), "%", "%%") // the page takes its text for a format
}

const manualExits = "0 done, an empty list too; 1 refused by AWS, or a part failed; 2 bad input, nothing was sent; 3 nothing found, with --fail-empty; " +
	"4 credentials or permissions; 5 no connection, or an answer that is not EC2's; 6 no answer in time; 7 refused by policy, or not confirmed; " +
	"8 a change was sent and its outcome is not known."

const manualEnvironment = `AWS_PROFILE, AWS_DEFAULT_PROFILE, AWS_REGION, AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ACCESS_KEY, AWS_SECRET_KEY, AWS_SESSION_TOKEN, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, AWS_CA_BUNDLE and the others that the AWS SDK knows: who asks, and where.
AWS_ENDPOINT_URL_EC2, AWS_ENDPOINT_URL, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: another address than EC2's own.
HTTPS_PROXY, HTTP_PROXY, NO_PROXY: the way there.
EC2DECK_SMTP_USER, EC2DECK_SMTP_PASSWORD: who signs in to the mail server.
XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_CACHE_HOME, HOME: where the files below are.
TERM, COLORTERM, COLORFGBG, NO_COLOR, LC_ALL, LC_CTYPE, LANG: how the screen is drawn.
USER, LOGNAME: who is named in the journal.
GOGC, GOMEMLIMIT: how much memory is used, as for every program in Go.`

const manualFiles = `ec2deck/config.yaml in XDG_CONFIG_HOME (~/.config): the configuration; ec2deck config init writes it.
ec2deck/activity.jsonl in XDG_STATE_HOME (~/.local/state): what was changed, two lines of JSON for each; inventory.jsonl beside it is what workflows have made and ended.
ec2deck/audit.jsonl there: the record of a server.
ec2deck in XDG_CACHE_HOME (~/.cache): the instance types of each region, for a day.`
