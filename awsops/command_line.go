package awsops

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go/middleware"
)

// CommandLine is the request of an operation as the AWS CLI takes it, for an
// endpoint that may be "". In the place of a secret it names a file, called like
// its field (FilesOf). Without a client it asks EC2 nothing; then there is none
// for a flow that has to read first, and the result is "".
func CommandLine(ctx context.Context, client *ec2.Client, op Operation, v Values, scope Scope, endpoint string) (string, error) {
	offline := client == nil
	if offline {
		client = ec2.New(ec2.Options{Region: scope.Region, HTTPClient: nowhere{}, Credentials: aws.AnonymousCredentials{}, Retryer: aws.NopRetryer{}})
	}
	line := ""
	looks := op.Info().Risk == Reads
	res, err := op.Run(ctx, client, withoutSecrets(op.Info(), v), CallOptions{record: func(action, region string, input any) bool {
		if !looks && reads(action) {
			return false
		}
		line = commandLine(action, input, Scope{Profile: scope.Profile, Region: region}) + endpointOption(endpoint) // a copy goes to another region
		return true
	}})
	if len(res.Then) > 0 {
		return stepLine(ctx, res.Then, scope, endpoint)
	}
	if line != "" || offline {
		return line, nil
	}
	return "", err
}

// stepLine is the steps of a flow, with the CLI's waiters between them.
func stepLine(ctx context.Context, steps []Step, scope Scope, endpoint string) (string, error) {
	var parts []string
	for i, step := range steps {
		op, _ := Find(step.Operation)
		part, err := CommandLine(ctx, nil, op, step.Values, scope, endpoint)
		if err != nil {
			return "", err
		}
		parts = append(parts, part)
		if info := op.Info(); info.Expect != nil && i < len(steps)-1 {
			words := []string{"aws ec2 wait", info.Noun + "-" + info.Expect.Until[0], "--" + info.Target()}
			words = append(words, targetsIn(info, step.Values)...)
			parts = append(parts, strings.Join(append(words, scopeOptions(scope)...), " ")+endpointOption(endpoint))
		}
	}
	return strings.Join(parts, " && "), nil
}

// withoutSecrets names a file in the place of each secret.
func withoutSecrets(info Info, v Values) Values {
	for _, f := range info.Fields {
		if len(v[f.Name]) > 0 && f.Secret(v) {
			v = v.With(f.Name, "file://"+f.Name)
		}
	}
	return v
}

// FilesOf are the files that a command line reads secrets from, and that have
// to be written before it is run.
func FilesOf(line string, info Info, v Values) []string {
	var out []string
	for _, f := range info.Fields {
		if f.Secret(v) && (strings.Contains(line, " file://"+f.Name+" ") || strings.Contains(line, "(base64 < "+f.Name+" ")) {
			out = append(out, f.Name)
		}
	}
	return out
}

// nowhere is a network without anything in it.
type nowhere struct{}

var errNowhere = errors.New("nothing is asked")

func (nowhere) Do(*http.Request) (*http.Response, error) { return nil, errNowhere }

// recordInput shows the input of each call to a function, and ends the call
// where that says so.
func recordInput(record func(action, region string, input any) bool) func(*ec2.Options) {
	step := middleware.InitializeMiddlewareFunc("ec2deck.Record",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			if record(awsmiddleware.GetOperationName(ctx), awsmiddleware.GetRegion(ctx), in.Parameters) {
				return middleware.InitializeOutput{}, middleware.Metadata{}, errNowhere
			}
			return next.HandleInitialize(ctx, in)
		})
	return func(o *ec2.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error { return stack.Initialize.Add(step, middleware.After) })
	}
}

// commandLine writes the input of an action. Its members are the CLI's options.
func commandLine(action string, input any, scope Scope) string {
	words := []string{"aws", "ec2", optionName(action)}
	in := reflect.ValueOf(input).Elem()
	for i := range in.NumField() {
		name, member := in.Type().Field(i).Name, in.Field(i)
		if !in.Type().Field(i).IsExported() || member.IsZero() || name == "DryRun" || name == "ResultMetadata" || name == "MaxCount" {
			continue
		}
		switch {
		case name == "MinCount": // the CLI has one option for both
			words = append(words, "--count", countOf(in))
		case name == "UserData" && member.Kind() == reflect.Pointer && member.Type().Elem().Kind() == reflect.String: // the CLI encodes it
			text, _ := base64.StdEncoding.DecodeString(member.Elem().String())
			words = append(words, "--user-data", ShellQuote(string(text)))
		case name == "UserData": // of an instance there is: the CLI takes it encoded
			blob, _ := member.Interface().(*types.SecureBlobAttributeValue)
			words = append(words, "--attribute userData --value", `"$(base64 < `+ShellQuote(strings.TrimPrefix(string(blob.Value), "file://"))+` | tr -d '\n')"`)
		case name == "Storage": // a signed policy lets whoever has it write to the bucket; the CLI signs one by itself
			s3 := orEmpty(member.Interface().(*types.Storage).S3)
			words = append(words, "--bucket", ShellQuote(aws.ToString(s3.Bucket)), "--prefix", ShellQuote(aws.ToString(s3.Prefix)),
				"--owner-akid", ShellQuote(aws.ToString(s3.AWSAccessKeyId)), "--owner-sak", "file://"+s3Secret)
		default:
			words = append(words, optionOf(optionName(name), member)...)
		}
	}
	return strings.Join(append(words, scopeOptions(scope)...), " ")
}

// scopeOptions name a scope to the CLI. It finds what the default chain has by
// itself, and knows a profile of that name only where a file has one.
func scopeOptions(scope Scope) []string {
	region := []string{"--region", ShellQuote(scope.Region)}
	if scope.Profile == "" || scope.Profile == named("") {
		return region
	}
	return append([]string{"--profile", ShellQuote(scope.Profile)}, region...)
}

func endpointOption(endpoint string) string {
	if endpoint == "" {
		return ""
	}
	return " --endpoint-url " + ShellQuote(endpoint)
}

func countOf(in reflect.Value) string {
	least, most := in.FieldByName("MinCount").Elem().Int(), in.FieldByName("MaxCount").Elem().Int()
	if least == most {
		return fmt.Sprint(most)
	}
	return fmt.Sprintf("%d:%d", least, most)
}

// optionOf is an option with its value: a flag, a word, words, or JSON.
func optionOf(name string, v reflect.Value) []string {
	if v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Bool {
		if v.Elem().Bool() {
			return []string{"--" + name}
		}
		if name == "disable-api-termination" { // the one whose opposite the CLI calls otherwise
			return []string{"--enable-api-termination"}
		}
		return []string{"--no-" + name}
	}
	out := []string{"--" + name}
	plain := plainJSON(v)
	list, ok := plain.([]any)
	if !ok {
		return append(out, ShellQuote(jsonText(plain)))
	}
	for _, item := range list {
		if _, nested := item.(map[string]any); nested {
			return append(out, ShellQuote(jsonText(plain)))
		}
		out = append(out, ShellQuote(jsonText(item)))
	}
	return out
}

// jsonText is a text as it is, and anything else as JSON.
func jsonText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, _ := json.Marshal(v) // it is made of what JSON has
	return string(b)
}

// plainJSON makes what the CLI reads of a member: without what is not set.
func plainJSON(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		return plainJSON(v.Elem())
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return t.UTC().Format(time.RFC3339)
		}
		out := map[string]any{}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && !v.Field(i).IsZero() {
				out[f.Name] = plainJSON(v.Field(i))
			}
		}
		return out
	case reflect.Slice:
		if b, ok := v.Interface().([]byte); ok {
			return base64.StdEncoding.EncodeToString(b)
		}
		out := make([]any, v.Len())
		for i := range out {
			out[i] = plainJSON(v.Index(i))
		}
		return out
	case reflect.String:
		return v.String()
	}
	return v.Interface()
}

// optionName is the name that the CLI gives to a member or an action: a word
// begins at a capital that follows a small letter or stands before one, and
// IDs is one word.
func optionName(name string) string {
	if one, ok := strings.CutSuffix(name, "s"); ok {
		if head := strings.TrimRightFunc(one, unicode.IsUpper); len(one)-len(head) > 1 {
			return optionName(head) + "-" + strings.ToLower(name[len(head):])
		}
	}
	var b strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) && (!unicode.IsUpper(rune(name[i-1])) || i+1 < len(name) && unicode.IsLower(rune(name[i+1]))) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

var bareWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// ShellQuote makes a text one word of a POSIX shell, and leaves alone what is
// one already.
func ShellQuote(s string) string {
	if bareWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
