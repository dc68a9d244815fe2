package measure

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// PublicOnly is a transport for providers that connects to public addresses only. The repositories of an App say by
// themselves where their upstreams are, and none of them is to reach what only this machine's network can. It uses no proxy, for
// which the proxy's network would count, and whose answer for a name nobody has checked.
func PublicOnly() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error { return public(address) }} // of the address that was looked up
	return &http.Transport{
		DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConns: 256, MaxIdleConnsPerHost: 64, IdleConnTimeout: 90 * time.Second, ExpectContinueTimeout: time.Second, DisableCompression: true,
	}
}

// reserved are addresses of no public host beyond those that package netip tells.
// Source: IANA's registries of special-purpose addresses for IPv4 and IPv6.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

// public refuses an address that is not a public host's.
func public(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("connecting to an upstream: %w", err)
	}
	a := at.Addr().Unmap().WithZone("")
	ok := a.IsGlobalUnicast() && !a.IsPrivate() && !a.IsLoopback() && !a.IsLinkLocalUnicast()
	for _, p := range reserved {
		ok = ok && !p.Contains(a)
	}
	if !ok {
		return fmt.Errorf("connecting to an upstream: %s is no public address; the App is started with --private-upstreams to allow it", a)
	}
	return nil
}
