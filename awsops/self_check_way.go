package awsops

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// wayLimit bounds each step on the way to EC2.
const wayLimit = 10 * time.Second

// way goes to EC2 step by step, so that the one that fails has its name: a proxy
// if there is one, the name, the connection, the encryption. It is false when
// nothing can be asked.
func (c *checker) way(client *ec2.Client, at Scope) bool {
	c.session.mu.Lock()
	sdk, ok := c.session.profiles[at.Profile].HTTPClient.(*awshttp.BuildableClient)
	c.session.mu.Unlock()
	if !ok { // a made-up account is reached without a network
		return true
	}
	o := client.Options()
	found, err := o.EndpointResolverV2.ResolveEndpoint(c.ctx, ec2.EndpointParameters{
		Region: &o.Region, Endpoint: o.BaseEndpoint,
		UseFIPS:      aws.Bool(o.EndpointOptions.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled),
		UseDualStack: aws.Bool(o.EndpointOptions.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled),
	})
	if err != nil {
		c.fail("endpoint of "+at.Region, explain(err, "self-check", at.Region, false))
		return false
	}
	transport := sdk.GetTransport()
	to := &found.URI
	proxy, err := transport.Proxy(&http.Request{URL: to})
	switch {
	case err != nil:
		c.fail("proxy", explain(err, "self-check", at.Region, false))
		return false
	case proxy == nil:
		c.ok("proxy", "none for %s", to.Host)
	default:
		c.ok("proxy", "%s, from %s", proxy.Redacted(), c.proxyFrom())
		return c.name(proxy, at) && c.connect(proxy, at) // which looks up EC2's name itself
	}
	return c.name(to, at) && c.connect(to, at) && (to.Scheme != "https" || c.encrypt(to, transport.TLSClientConfig, at))
}

// proxyFrom says who named the proxy.
func (c *checker) proxyFrom() string {
	if c.session.settings.of(c.profile).Proxy != "" {
		return "the command line or the configuration"
	}
	return "the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY)"
}

// step carries out one step within its limit, and tells when it fails.
func (c *checker) step(check string, at Scope, do func(context.Context) (string, error)) bool {
	ctx, cancel := context.WithTimeout(c.ctx, wayLimit)
	defer cancel()
	said, err := do(ctx)
	if err != nil {
		e := explain(err, "self-check", at.Region, false)
		if broken := (*tls.CertificateVerificationError)(nil); errors.As(err, &broken) {
			e.Code, e.Message, e.Hint = "Certificate", broken.Err.Error(), "Something may be reading along: where that is meant to be, name its authority in AWS_CA_BUNDLE."
		}
		c.fail(check, e)
		return false
	}
	c.ok(check, "%s", said)
	return true
}

func (c *checker) name(to *url.URL, at Scope) bool {
	if net.ParseIP(to.Hostname()) != nil {
		return true
	}
	return c.step("DNS", at, func(ctx context.Context) (string, error) {
		found, err := net.DefaultResolver.LookupHost(ctx, to.Hostname())
		return to.Hostname() + " is " + strings.Join(found, ", "), err
	})
}

// address is host and port, with the port that the scheme has by itself.
func address(to *url.URL) string {
	port := to.Port()
	if port == "" {
		port = map[string]string{"http": "80"}[to.Scheme]
	}
	if port == "" {
		port = "443"
	}
	return net.JoinHostPort(to.Hostname(), port)
}

func (c *checker) connect(to *url.URL, at Scope) bool {
	return c.step("TCP", at, func(ctx context.Context) (string, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address(to))
		if err != nil {
			return "", err
		}
		return "connected to " + conn.RemoteAddr().String(), conn.Close()
	})
}

func (c *checker) encrypt(to *url.URL, config *tls.Config, at Scope) bool {
	return c.step("TLS", at, func(ctx context.Context) (string, error) {
		conn, err := (&tls.Dialer{Config: config.Clone()}).DialContext(ctx, "tcp", address(to))
		if err != nil {
			return "", err
		}
		state := conn.(*tls.Conn).ConnectionState()
		first := state.PeerCertificates[0]
		return tls.VersionName(state.Version) + ", certificate by " + first.Issuer.String() + " until " + first.NotAfter.UTC().Format(time.DateOnly), conn.Close()
	})
}
