// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition

// Reads an OpenVEX document as vexctl does, through its library, and asks it for every vulnerability, product and subcomponent
// which statements concern them.
package main

import (
	"fmt"
	"os"

	"github.com/openvex/go-vex/pkg/vex"
)

func main() {
	doc, err := vex.Open(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for i := range doc.Statements {
		s := &doc.Statements[i]
		if err := s.Validate(); err != nil {
			fmt.Fprintln(os.Stderr, s.Vulnerability.Name, err)
			os.Exit(1)
		}
		for _, p := range s.Products {
			for _, sub := range p.Subcomponents {
				found := doc.Matches(string(s.Vulnerability.Name), p.ID, []string{sub.ID})
				fmt.Println(s.Vulnerability.Name, s.Status, len(found))
			}
		}
	}
}
