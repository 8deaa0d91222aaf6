//go:build external

package ec2sim_test

import (
	"strconv"
	"strings"
	"testing"
)

func TestCLITags(t *testing.T) {
	c := newCLI(t, "small")
	const query = "Tags[].[ResourceId,ResourceType,Key,Value]"
	filter := func(name, value string) []string { return []string{"--filters", "Name=" + name + ",Values=" + value} }
	describe := func(filters ...string) []string {
		return append([]string{"describe-tags", "--query", query}, filters...)
	}
	c.want("", "create-tags", "--resources", web, freeIP, "--tags", "Key=Stage,Value=blue", "Key=Empty,Value=")
	c.want(`[["`+web+`","instance","Stage","blue"],["`+freeIP+`","elastic-ip","Stage","blue"]]`, describe(filter("key", "Stage")...)...)
	c.want(`["blue"]`, "describe-instances", "--instance-ids", web, "--query", "Reservations[].Instances[].Tags[?Key=='Stage'].Value[]")
	c.want("", "create-tags", "--resources", web, "--tags", "Key=Stage,Value=green")
	c.want("", "delete-tags", "--resources", web, freeIP, "--tags", "Key=Stage,Value=blue")
	c.want(`[["`+web+`","instance","Stage","green"]]`, describe(filter("key", "Stage")...)...)
	c.want("", "delete-tags", "--resources", web, "--tags", "Key=Stage,Value=")
	c.want("", "delete-tags", "--resources", web, "--tags", "Key=Empty,Value=")
	c.want(`[["`+web+`","instance","Stage","green"]]`, describe(filter("key", "Stage,Empty")[0], "Name=key,Values=Stage,Empty", "Name=resource-type,Values=instance")...)
	c.want("", "delete-tags", "--resources", web, "--tags", "Key=Stage")
	c.want("", "delete-tags", "--resources", freeIP)
	c.want(`[]`, describe(filter("resource-id", freeIP)...)...)
	all := strings.TrimSpace(c.ok("describe-tags", "--query", "length(Tags)"))
	if n, err := strconv.Atoi(all); err != nil || n <= 7 {
		t.Fatalf("%q tags: too few for pages of 7", all)
	}
	c.want(all, "describe-tags", "--page-size", "7", "--query", "length(Tags)")
	c.refused("CreateTags", "InvalidID", "The ID 'web' is not valid", "create-tags", "--resources", "web", "--tags", "Key=a,Value=b")
	c.refused("CreateTags", "InvalidInstanceID.NotFound", "The instance ID '"+unknown+"' does not exist",
		"create-tags", "--resources", unknown, "--tags", "Key=a,Value=b")
	c.refused("CreateTags", "InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use",
		"create-tags", "--resources", web, "--tags", "Key=aws:a,Value=b")
	c.refused("DeleteTags", "DryRunOperation", "Request would have succeeded, but DryRun flag is set.", "delete-tags", "--dry-run", "--resources", web)
	c.refused("DescribeTags", "InvalidParameterValue", "Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than 5.",
		"describe-tags", "--max-results", "4")
}
