// goverify CASES.jsonl: the cases of `signet verify --batch`, each by crypto/x509, in a plain loop. Prints the verdicts
// as `signet` does, without reasons. Revocation and depth, which crypto/x509 leaves to its caller, are not looked at.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"time"
)

type testCase struct {
	ID            string   `json:"id"`
	Leaf          string   `json:"leaf"`
	Roots         []string `json:"roots"`
	Intermediates []string `json:"intermediates"`
	Hostname      string   `json:"hostname"`
	IP            string   `json:"ip"`
	Purpose       string   `json:"purpose"`
	At            string   `json:"at"`
}

type verdict struct {
	ID    string `json:"id"`
	Valid bool   `json:"valid"`
}

func parse(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, fmt.Errorf("no PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}

func pool(texts []string) (*x509.CertPool, error) {
	out := x509.NewCertPool()
	for _, text := range texts {
		certificate, err := parse(text)
		if err != nil {
			return nil, err
		}
		out.AddCert(certificate)
	}
	return out, nil
}

func usage(purpose string) x509.ExtKeyUsage {
	switch purpose {
	case "server":
		return x509.ExtKeyUsageServerAuth
	case "client":
		return x509.ExtKeyUsageClientAuth
	}
	return x509.ExtKeyUsageAny
}

func valid(one *testCase) error {
	leaf, err := parse(one.Leaf)
	if err != nil {
		return err
	}
	options := x509.VerifyOptions{KeyUsages: []x509.ExtKeyUsage{usage(one.Purpose)}}
	if options.Roots, err = pool(one.Roots); err != nil {
		return err
	}
	if options.Intermediates, err = pool(one.Intermediates); err != nil {
		return err
	}
	if one.At != "" {
		if options.CurrentTime, err = time.Parse(time.RFC3339Nano, one.At); err != nil {
			return err
		}
	}
	if one.Hostname != "" {
		if err = leaf.VerifyHostname(one.Hostname); err != nil {
			return err
		}
	}
	if one.IP != "" {
		if err = leaf.VerifyHostname(net.ParseIP(one.IP).String()); err != nil {
			return err
		}
	}
	_, err = leaf.Verify(options)
	return err
}

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 32<<20)
	out := bufio.NewWriter(os.Stdout)
	answers := json.NewEncoder(out)
	for lines.Scan() {
		var one testCase
		err := json.Unmarshal(lines.Bytes(), &one)
		if err == nil {
			err = valid(&one)
		}
		answers.Encode(verdict{one.ID, err == nil})
	}
	out.Flush()
}
