package awsops_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"ec2deck/awsops"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// addition is what we offer beyond the catalogue's rows: operations of its
// section 5 with all their inputs, and inputs that a row does not have.
func additions() map[string][]string {
	members := []string{"source-group", "ip-protocol", "from-port", "to-port", "cidr-ip", "cidr-ipv6", "prefix-list", "description"}
	owned := []string{"group", "rule", "source-group", "source-group-owner", "ip-protocol", "from-port", "to-port", "cidr-ip"}
	described := []string{"group", "rule-ids", "description", "rule"}
	return map[string][]string{
		"describe-instance-types":                         {"instance-types", "current-generation", "architecture", "vcpus", "memory", "free-tier", "burstable", "zone", "delimiter", "row-delimiter", "col-delimiter"},
		"resize-instance":                                 {"instance-id", "instance-type", "start-again"},
		"workflow-provision-instance":                     {"launch-template", "status-checks"},
		"run-instances":                                   {"launch-template", "launch-template-version"},
		"run-instances-from-template":                     {"copy"},
		"describe-launch-templates":                       {"launch-template-ids", "launch-template-names", "filters", "page-size", "row-delimiter", "col-delimiter"},
		"describe-launch-template-versions":               {"launch-template", "versions", "min-version", "max-version", "filters", "page-size", "delimiter", "row-delimiter", "col-delimiter"},
		"get-password-data":                               {"instance-id", "private-key-file"},
		"check-key-fingerprint":                           {"key-name", "file"},
		"get-user-data":                                   {"instance-id"},
		"reset-instance-attribute":                        {"instance-id", "attribute"},
		"change-security-groups":                          {"instance-id", "security-groups", "network-interface-id"},
		"modify-instance-metadata-options":                {"instance-id", "http-tokens", "http-endpoint", "http-put-response-hop-limit", "http-protocol-ipv6", "instance-metadata-tags"},
		"protect-instance":                                {"instance-id", "from"},
		"unprotect-instance":                              {"instance-id", "from"},
		"set-shutdown-behavior":                           {"instance-id", "behavior"},
		"import-key-pair":                                 {"key-name", "public-key-material", "tags"},
		"authorize-security-group-ingress":                {"rule"},
		"revoke-security-group-ingress":                   {"rule"},
		"authorize-security-group-egress":                 slices.Concat(owned, []string{"cidr-ipv6", "prefix-list", "description", "tags"}),
		"revoke-security-group-egress":                    slices.Insert(slices.Clone(owned), 1, "rule-ids"),
		"modify-volume":                                   {"volume-id", "size", "volume-type", "iops", "throughput", "multi-attach"},
		"describe-volumes-modifications":                  {"volume-ids", "row-delimiter", "col-delimiter"},
		"describe-volume-status":                          {"volume-ids", "status", "delimiter", "row-delimiter", "col-delimiter"},
		"modify-instance-event-start-time":                {"instance-id", "instance-event-id", "not-before"},
		"ec2-dashboard":                                   {"notify-file", "smtp-host", "smtp-port", "smtp-tls", "smtp-from", "smtp-to", "smtp-user", "smtp-auth-file", "sendmail"},
		"enable-volume-io":                                {"volume-id"},
		"get-ebs-encryption-by-default":                   {},
		"copy-snapshot":                                   {"snapshot-id", "destination-region", "description", "encrypted", "kms-key-id", "completion-duration", "tags"},
		"get-snapshot-block-public-access-state":          {},
		"create-image":                                    {"instance-id", "name", "description", "no-reboot", "keep-devices", "delete-devices", "omit-devices", "add-devices", "tags", "snapshot-tags"},
		"copy-image":                                      {"image-id", "name", "destination-region", "description", "encrypted", "kms-key-id", "copy-image-tags", "tags", "client-token"},
		"register-image":                                  {"root-device-name"},
		"modify-image-attribute":                          {"organization-arns", "value"},
		"get-image-block-public-access-state":             {},
		"describe-security-group-rules":                   {"group", "rule-ids", "filters", "page-size", "row-delimiter", "col-delimiter"},
		"modify-security-group-rules":                     slices.Concat([]string{"group", "rule-id", "rule"}, members),
		"update-security-group-rule-descriptions-ingress": described,
		"update-security-group-rule-descriptions-egress":  described,
	}
}

// TestCatalogue compares each declaration with its row of the catalogue: the
// name, and every input in its order.
func TestCatalogue(t *testing.T) {
	data, err := os.ReadFile("../testdata/catalogue.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Name, Kind string
		Inputs     []string
	}
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	inputs := map[string][]string{}
	for _, row := range rows {
		if row.Kind == "operation" {
			inputs[row.Name] = row.Inputs
		}
	}
	if len(inputs) != 64 {
		t.Errorf("the catalogue has %d operations, not 64", len(inputs))
	}
	seen := map[string]bool{}
	for _, op := range awsops.All() {
		info := op.Info()
		if seen[info.Name] {
			t.Errorf("%s is declared twice", info.Name)
		}
		seen[info.Name] = true
		want, ok := inputs[info.Name]
		more, added := additions()[info.Name]
		if !ok && !added {
			t.Errorf("%s is no operation of the catalogue", info.Name)
		}
		var got []string
		for _, f := range info.Fields {
			if !ok || !slices.Contains(more, f.Name) {
				got = append(got, f.Name)
			}
		}
		if !ok {
			want = more
		} else if len(got)+len(more) != len(info.Fields) {
			t.Errorf("%s lists additions that it does not have: %v", info.Name, more)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-catalogue +declared):\n%s", info.Name, diff)
		}
	}
}

// TestOutputsArePromised runs every example and compares what comes back with
// what the declaration promises.
func TestOutputsArePromised(t *testing.T) {
	for _, op := range awsops.All() {
		info := op.Info()
		t.Run(info.Name, func(t *testing.T) {
			b := newBench(t)
			if info.Noun == "bundle task" { // EC2 answers no more
				b = legacyBench(t)
			}
			v := info.Example
			if info.Name == "bundle-instance" {
				v = v.With("instance-id", bundledInstance)
			}
			if slices.Contains([]string{"stop-instances", "release-address", "detach-volume"}, info.Name) { // the fleet refuses all at once
				v = awsops.Values{info.Target(): v[info.Target()]}
			}
			res, err := b.Run(t.Context(), b.request(t, info.Name, v))
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]bool{"request-id": res.RequestID != ""}
			for _, o := range res.Outputs {
				got[o.Name] = true
			}
			if res.Table != nil {
				for _, c := range res.Table.Columns {
					got[c.Name] = true
				}
			}
			want := map[string]bool{}
			for _, name := range info.Outputs {
				want[name] = true
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("outputs (-promised +given):\n%s", diff)
			}
		})
	}
}
