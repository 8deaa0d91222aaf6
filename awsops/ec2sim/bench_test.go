package ec2sim_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"ec2deck/awsops/ec2sim"
)

// request is a signed-looking request; Do checks no signature.
func request(t testing.TB, a ec2sim.Account, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://ec2.example.com/", bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r.Header.Set("X-Amz-Date", "20260301T120000Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+a.AccessKeyID+
		"/20260301/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=00")
	return r
}

func benchPage(b *testing.B, body string) {
	sim, err := ec2sim.New(ec2sim.Config{Instances: 50_000, IgnoreClock: true})
	if err != nil {
		b.Fatal(err)
	}
	a := sim.Accounts()[0]
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		resp, err := sim.Do(request(b, a, body))
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatal(resp, err)
		}
		n, _ := io.Copy(io.Discard, resp.Body)
		b.ReportMetric(float64(n)/1000, "B/instance")
	}
}

func BenchmarkPageOf1000(b *testing.B) {
	benchPage(b, "Action=DescribeInstances&Version=2016-11-15&MaxResults=1000")
}

func BenchmarkFilteredPage(b *testing.B) {
	benchPage(b, "Action=DescribeInstances&Version=2016-11-15&MaxResults=1000&"+
		"Filter.1.Name=instance-state-name&Filter.1.Value.1=stopped&Filter.2.Name=tag:Name&Filter.2.Value.1=batch-*")
}

func BenchmarkBuild50000(b *testing.B) {
	for b.Loop() {
		if _, err := ec2sim.New(ec2sim.Config{Instances: 50_000}); err != nil {
			b.Fatal(err)
		}
	}
}
