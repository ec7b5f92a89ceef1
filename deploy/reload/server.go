// A server that looks at its files at each handshake, and needs no signal: go run server.go PORT DIR NAME...
// Its clients need a certificate of the same CA that has one of the NAMEs: a URI (spiffe://...), else a DNS name.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// certificate is what stands in a directory now. The directory is resolved once, so that key and chain fit.
type certificate struct {
	directory string
	mutex     sync.Mutex
	version   string
	config    *tls.Config
}

func load(version string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(version, "tls.crt"), filepath.Join(version, "tls.key"))
	if err != nil {
		return nil, err
	}
	anchors, err := os.ReadFile(filepath.Join(version, "ca.crt"))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(anchors) {
		return nil, errors.New("no certificate in ca.crt")
	}
	return &tls.Config{
		Certificates: []tls.Certificate{pair},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    pool,
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2", "http/1.1"},
	}, nil
}

func (c *certificate) current(*tls.ClientHelloInfo) (*tls.Config, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	version, err := filepath.EvalSymlinks(filepath.Join(c.directory, ".versions", "live"))
	if err == nil && version != c.version {
		var config *tls.Config
		if config, err = load(version); err == nil {
			c.version, c.config = version, config
		}
	}
	if c.config == nil {
		return nil, err
	}
	return c.config, nil // the former one while the new one cannot be read
}

func listed(peer *x509.Certificate, names []string) bool {
	for _, name := range names {
		for _, uri := range peer.URIs {
			if uri.String() == name {
				return true
			}
		}
		for _, dns := range peer.DNSNames {
			if dns == name {
				return true
			}
		}
	}
	return false
}

func main() {
	if len(os.Args) < 4 {
		log.Fatal("usage: server PORT DIR NAME...")
	}
	port, names := os.Args[1], os.Args[3:]
	files := &certificate{directory: os.Args[2]}
	server := &http.Server{
		Addr:              ":" + port,
		TLSConfig:         &tls.Config{GetConfigForClient: files.current},
		ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !listed(r.TLS.PeerCertificates[0], names) {
				http.Error(w, "you are not on the list", http.StatusForbidden)
				return
			}
			fmt.Fprintln(w, "hello")
		}),
	}
	if _, err := files.current(nil); err != nil {
		log.Fatal(err)
	}
	// Certificates come from GetConfigForClient; net/http wants one here too, and never shows it.
	server.TLSConfig.Certificates = files.config.Certificates
	log.Fatal(server.ListenAndServeTLS("", ""))
}
