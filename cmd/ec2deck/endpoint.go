package main

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// ownHost is EC2's own address in the old spelling or in the present one.
var ownHost = regexp.MustCompile(`^(?:ec2\.([a-z]{2}(?:-[a-z]+)+-\d+)|([a-z]{2}(?:-[a-z]+)+-\d+)\.ec2)\.(amazonaws\.com(?:\.cn)?)$`)

// parseEndpoint completes an endpoint and finds the region that it names.
// What is not on this machine must be asked over https.
func parseEndpoint(s string) (endpoint, region string, err error) {
	if !strings.Contains(s, "://") {
		host := s
		if h, _, err := net.SplitHostPort(s); err == nil {
			host = h
		}
		scheme := "https://"
		if loopback(host) {
			scheme = "http://"
		}
		s = scheme + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !portOK(u.Port()) {
		return "", "", errors.New("write https://host[:port]")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return "", "", errors.New("write https://; http is for this machine only")
	}
	if m := ownHost.FindStringSubmatch(strings.ToLower(u.Host)); m != nil {
		region = m[1] + m[2]
		u.Host = "ec2." + region + "." + m[3]
	}
	return strings.TrimSuffix(u.String(), "/"), region, nil
}

func portOK(s string) bool {
	n, err := strconv.Atoi(s)
	return s == "" || err == nil && n >= 1 && n <= 65535
}

// loopback says whether a host name can only mean this machine.
func loopback(host string) bool {
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
