package awsops_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ec2deck/awsops"
)

// ruleCase is inputs and what Validate says about them.
type ruleCase struct {
	op   string
	v    awsops.Values
	want string
}

func ruleCases() []ruleCase {
	many := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf("i-%017x", i))
		}
		return strings.Join(list, ",")
	}
	const id = "i-0aa00000000000001"
	return []ruleCase{
		{"start-instances", nil, "--instance-ids is required: the instances to start"},
		{"start-instances", ids(" , "), "--instance-ids is required: the instances to start"},
		{"start-instances", ids("i-0aa0000"), `--instance-ids "i-0aa0000": write i- and 8 or 17 hex digits`},
		{"start-instances", ids("i-0aa00000"), ""},
		{"start-instances", ids("i-0aa000000"), `--instance-ids "i-0aa000000": write i- and 8 or 17 hex digits`},
		{"start-instances", ids("i-0aa0000000000001"), `--instance-ids "i-0aa0000000000001": write i- and 8 or 17 hex digits`},
		{"start-instances", ids(id), ""},
		{"start-instances", ids(id + "0"), `--instance-ids "` + id + `0": write i- and 8 or 17 hex digits`},
		{"start-instances", ids("i-0gg00000"), `--instance-ids "i-0gg00000": write i- and 8 or 17 hex digits`},
		{"start-instances", ids("vol-0aa00000"), `--instance-ids "vol-0aa00000": write i- and 8 or 17 hex digits`},
		{"start-instances", ids("\x1b[2J"), `--instance-ids "␛[2J": write i- and 8 or 17 hex digits`},
		{"start-instances", ids(" I-0AA00000000000001 ,i-0aa00000\ni-0aa00000"), ""},
		{"terminate-instances", ids(many(1000)), ""},
		{"terminate-instances", ids(many(1001)), `--instance-ids "1001 values": takes at most 1000`},
		{"describe-instances", awsops.Values{"instance-ids": {many(1001)}}, `--instance-ids "1001 values": takes at most 1000`},
		{"describe-instances", awsops.Values{"page-size": {"4"}}, `--page-size "4": write a number from 5 to 1000`},
		{"describe-instances", awsops.Values{"page-size": {"5"}}, ""},
		{"describe-instances", awsops.Values{"page-size": {"1000"}}, ""},
		{"describe-instances", awsops.Values{"page-size": {"1001"}}, `--page-size "1001": write a number from 5 to 1000`},
		{"describe-instances", awsops.Values{"page-size": {"-5"}}, `--page-size "-5": write a whole number`},
		{"describe-instances", awsops.Values{"page-size": {"5.0"}}, `--page-size "5.0": write a whole number`},
		{"describe-instances", awsops.Values{"page-size": {"2147483648"}}, `--page-size "2147483648": write a whole number`},
		{"describe-instances", awsops.Values{"page-size": {"10", "20"}}, `--page-size "10 20": takes one value`},
		{"describe-instances", awsops.Values{"page-size": {"10"}, "instance-ids": {id}}, "--page-size cannot be used together with --instance-ids"},
		{"describe-instances", awsops.Values{"filters": {"running"}}, `--filters "running": write name=value`},
		{"describe-instances", awsops.Values{"filters": {"=running"}}, `--filters "=running": write name=value`},
		{"describe-instances", awsops.Values{"filters": {"tag:A=b=c,d"}}, ""},
		{"describe-instances", awsops.Values{"include-managed": {"maybe"}}, `--include-managed "maybe": write true or false`},
		{"describe-instances", awsops.Values{"include-managed": {"N"}}, ""},
		{"describe-instances", awsops.Values{"delimiter": {""}}, "--delimiter must not be empty"},
		{"describe-instances", awsops.Values{"delimiter": {" "}}, ""},
		{"describe-instances", awsops.Values{"row-delimiter": {";"}}, `--row-delimiter ";": must differ from --col-delimiter`},
		{"describe-instances", awsops.Values{"col-delimiter": {"\\n"}}, `--col-delimiter "\\n": must differ from --row-delimiter`},
		{"describe-instances", awsops.Values{"col-delimiter": {"|"}, "row-delimiter": {"|"}}, `--col-delimiter "|": must differ from --row-delimiter`},
		{"describe-instances", awsops.Values{"col-delimiter": {","}}, `--col-delimiter ",": must differ from --delimiter`},
		{"describe-regions", awsops.Values{"col-delimiter": {","}}, ""},
		{"describe-regions", awsops.Values{"region-names": {"Dublin"}}, `--region-names "Dublin": write a region such as eu-west-1`},
		{"describe-regions", awsops.Values{"region-names": {"eu-west-1,us-gov-east-1"}}, ""},
		{"describe-availability-zones", awsops.Values{"zone-names": {"eu-west-1"}}, `--zone-names "eu-west-1": write a zone such as eu-west-1a`},
		{"describe-availability-zones", awsops.Values{"zone-names": {"us-west-2-lax-1a"}}, ""},
		{"describe-availability-zones", awsops.Values{"zone-ids": {"use1"}}, `--zone-ids "use1": write a zone ID such as use1-az1`},
		{"describe-availability-zones", awsops.Values{"zone-ids": {"usw2-lax1-az1"}}, ""},
		{"get-console-output", awsops.Values{"instance-id": {id, "i-0aa00000"}}, `--instance-id "` + id + ` i-0aa00000": takes one value`},
		{"get-console-output", awsops.Values{"instance-id": {id}, "colour": {"red"}}, "--colour is no input of get-console-output"},
	}
}

// TestRules asks every rule at its boundaries. An empty error means that the
// inputs are good.
func TestRules(t *testing.T) { checkRules(t, ruleCases()) }

func checkRules(t *testing.T, cases []ruleCase) {
	for _, test := range cases {
		t.Run(test.op+" "+test.want, func(t *testing.T) {
			op, _ := awsops.Find(test.op)
			err := op.Validate(test.v)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
			if err != nil && awsops.ExitCode(err) != 2 {
				t.Errorf("exit code %d", awsops.ExitCode(err))
			}
		})
	}
}

func TestBadInputIsNotSent(t *testing.T) {
	b := newBench(t)
	for _, op := range awsops.All() {
		for _, f := range op.Info().Fields {
			if f.Kind == awsops.KindMap || f.Rule == "not empty" || f.Name == "user-data" {
				continue
			}
			_, err := b.Run(t.Context(), b.request(t, op.Info().Name, op.Info().Example.With(f.Name, "\x00 no such value")))
			if awsops.ExitCode(err) != 2 || !strings.Contains(err.Error(), "--"+f.Name) {
				t.Errorf("%s --%s: %v", op.Info().Name, f.Name, err)
			}
		}
	}
	if n := len(b.wire.sent); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func FuzzValues(f *testing.F) {
	f.Add(uint8(0), "instance-ids", "i-0aa00000000000001", "")
	f.Add(uint8(2), "page-size", "5", "1000")
	f.Add(uint8(2), "filters", "a=b", "=")
	f.Add(uint8(9), "force", "yes", "\xff")
	f.Add(uint8(3), "no such field", "x", "y")
	f.Add(uint8(3), "\x1b", "x", "y")
	f.Add(uint8(20), "rule", "tcp/1 from ::/0", "\x1b")
	f.Fuzz(func(t *testing.T, which uint8, name, a, b string) {
		all := awsops.All()
		op := all[int(which)%len(all)]
		v := op.Info().Example.With(name, a, b)
		err := op.Validate(v)
		if err == nil {
			return
		}
		var input *awsops.InputError
		if !errors.As(err, &input) {
			t.Fatalf("%s %v: not an *InputError but %T %v", op.Info().Name, v, err, err)
		}
		known := slices.ContainsFunc(op.Info().Fields, func(f awsops.FieldInfo) bool { return f.Name == input.Field })
		if !known && input.Field != name || input.Rule == "" {
			t.Fatalf("%s %v: names %q, rule %q", op.Info().Name, v, input.Field, input.Rule)
		}
		if strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Fatalf("%q is not one clean line", err.Error())
		}
	})
}
