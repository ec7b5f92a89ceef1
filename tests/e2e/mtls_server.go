// mtls_server PORT MODE: a TLS server of Go's crypto/tls that asks for client certificates, strictly or with one door
// left open, and answers HTTP. The pair is in server/, the clients' CA in server/ca.crt.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"log"
	"net"
	"os"
	"time"
)

func clients() *x509.CertPool {
	text, err := os.ReadFile("server/ca.crt")
	if err != nil {
		log.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return pool
}

// A check of one's own in place of the library's, with one thing forgotten: when, or what for.
func forgetful(usage x509.ExtKeyUsage, timeless bool) func([][]byte, [][]*x509.Certificate) error {
	return func(chain [][]byte, _ [][]*x509.Certificate) error {
		options := x509.VerifyOptions{Roots: clients(), Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{usage}}
		leaf, err := x509.ParseCertificate(chain[0])
		if err != nil {
			return err
		}
		for _, der := range chain[1:] {
			if one, err := x509.ParseCertificate(der); err == nil {
				options.Intermediates.AddCert(one)
			}
		}
		if timeless {
			options.CurrentTime = leaf.NotAfter
		}
		_, err = leaf.Verify(options)
		return err
	}
}

func serve(connection net.Conn) {
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(time.Minute))
	if n, err := connection.Read(make([]byte, 1024)); err != nil || n == 0 {
		return
	}
	connection.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"))
}

func main() {
	pair, err := tls.LoadX509KeyPair("server/tls.crt", "server/tls.key")
	if err != nil {
		log.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: clients(), ClientAuth: tls.RequireAndVerifyClientCert,
		MinVersion: tls.VersionTLS12}
	switch os.Args[2] {
	case "strict":
	case "wish":
		config.ClientAuth = tls.VerifyClientCertIfGiven
	case "any":
		config.ClientAuth = tls.RequireAnyClientCert
	case "timeless":
		config.ClientAuth = tls.RequireAnyClientCert
		config.VerifyPeerCertificate = forgetful(x509.ExtKeyUsageClientAuth, true)
	case "purposeless":
		config.ClientAuth = tls.RequireAnyClientCert
		config.VerifyPeerCertificate = forgetful(x509.ExtKeyUsageAny, false)
	case "old":
		config.MinVersion = tls.VersionTLS10
	default:
		log.Fatal("no such mode")
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:"+os.Args[1], config)
	if err != nil {
		log.Fatal(err)
	}
	for {
		if connection, err := listener.Accept(); err == nil {
			go serve(connection)
		}
	}
}
