// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
// A server in Go that asks itself, with functions in it that advisories name (advisories.jsonl, where it stands which of them run).
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"encoding/gob"
	"encoding/pem"
	"encoding/xml"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/text/language"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	mux := http.NewServeMux()
	mux.HandleFunc("/whole", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "5")
		io.WriteString(w, "whole")
	})
	mux.HandleFunc("/pieces", func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < 3; i++ {
			io.WriteString(w, "piece")
			w.(http.Flusher).Flush()
		}
	})
	go http.Serve(listener, mux)
	return listener
}

func get(address string) string {
	answer, err := http.Get(address)
	must(err)
	body, err := io.ReadAll(answer.Body)
	must(err)
	answer.Body.Close()
	return string(body)
}

func some(host string) {
	u, err := url.Parse("http://" + host + "/whole?a=b&c=d")
	must(err)
	tag, err := language.Parse("en-GB")
	must(err)
	fmt.Println(u.Query().Get("c"), get(u.String()), tag)
}

type node struct {
	Name  string `xml:"name"`
	Nodes []node `xml:"node"`
}

func archives() {
	var tape, packed bytes.Buffer
	w := tar.NewWriter(&tape)
	must(w.WriteHeader(&tar.Header{Name: "a", Size: 1, Mode: 0600}))
	w.Write([]byte("x"))
	must(w.Close())
	head, err := tar.NewReader(&tape).Next()
	must(err)
	z := gzip.NewWriter(&packed)
	io.WriteString(z, strings.Repeat("line", 99))
	must(z.Close())
	r, err := gzip.NewReader(&packed)
	must(err)
	text, err := io.ReadAll(r)
	must(err)
	fmt.Println(head.Name, len(text))
}

func texts() {
	var n, m node
	must(xml.Unmarshal([]byte("<node><name>a</name><node><name>b</name></node><other/></node>"), &n))
	d := xml.NewDecoder(strings.NewReader("<a><b/></a>"))
	_, err := d.Token()
	must(err)
	must(d.Skip())
	var buffer bytes.Buffer
	must(gob.NewEncoder(&buffer).Encode(n))
	must(gob.NewDecoder(&buffer).Decode(&m))
	must(template.Must(template.New("t").Parse("<p title='{{.Name}}'>{{.Name}}</p>\n")).Execute(os.Stdout, m))
	block, _ := pem.Decode([]byte("-----BEGIN A-----\nAAAA\n-----END A-----\n"))
	address, err := mail.ParseAddress("A <a@example.org>")
	must(err)
	fmt.Println(block.Type, address.Address)
}

func all(host string) {
	fmt.Println(get("http://" + host + "/pieces"))
	archives()
	texts()
	tags, _, err := language.ParseAcceptLanguage("en;q=0.5, de")
	must(err)
	shell, err := exec.LookPath("sh")
	must(err)
	found, err := filepath.Glob("/etc/pass*")
	must(err)
	fmt.Println(len(tags), shell, len(found), netip.MustParseAddr("127.0.0.1").IsLoopback())
}

func main() {
	host := serve().Addr().String()
	some(host)
	if len(os.Args) > 1 && os.Args[1] == "all" {
		all(host)
	}
	if len(os.Args) > 5 { // never, but it is in the program
		_, err := new(x509.Certificate).Verify(x509.VerifyOptions{})
		must(err)
	}
}
